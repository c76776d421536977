import os
import subprocess
import sys

from engine.environment import cpu_flags, has_int8_dot_product, library_versions


def test_versions_name_python_and_every_library():
    assert {"python", "torch", "onnxruntime"} <= set(library_versions())


def test_flags_are_read_from_the_first_core(tmp_path):
    (tmp_path / "cpuinfo").write_text("processor : 0\nflags\t\t: fpu avx2 avx512_vnni\nflags : other\n")
    assert cpu_flags(tmp_path / "cpuinfo") == {"fpu", "avx2", "avx512_vnni"}


def test_a_machine_that_does_not_tell_has_no_flags(tmp_path):
    (tmp_path / "cpuinfo").write_text("Features : asimd\n")
    assert cpu_flags(tmp_path / "cpuinfo") == frozenset()
    assert cpu_flags(tmp_path / "absent") == frozenset()


def test_either_form_of_vnni_counts_as_an_int8_dot_product():
    assert has_int8_dot_product(frozenset({"avx_vnni"}))
    assert has_int8_dot_product(frozenset({"avx512_vnni"}))
    assert not has_int8_dot_product(frozenset({"avx2", "avx512f"}))


def test_libraries_report_nothing_to_their_makers(tmp_path):
    code = "import engine.inference; engine.inference.onnxruntime.InferenceSession"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == [], "onnxruntime marks a session that it will report"
