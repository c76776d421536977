"""Facts about the machine and its libraries that every measurement has to carry."""

import platform
from importlib import metadata
from pathlib import Path

_LIBRARIES = ("torch", "numpy", "onnx", "onnxruntime", "scikit-learn", "safetensors")


def library_versions() -> dict[str, str]:
    """Version of Python and of each numerical library, read from package metadata: nothing is imported."""
    versions = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "absent"
    return versions


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Instruction-set flags of the first core; empty where the kernel does not tell (not Linux, not x86)."""
    if not cpuinfo.exists():
        return frozenset()
    for line in cpuinfo.read_text().splitlines():
        if line.startswith("flags"):
            return frozenset(line.partition(":")[2].split())
    return frozenset()


def has_int8_dot_product(flags: frozenset[str]) -> bool:
    """Whether the CPU multiplies 8-bit numbers into 32-bit sums (VNNI), fast and without saturation."""
    return bool(flags & {"avx512_vnni", "avx_vnni"})
