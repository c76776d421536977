"""The embedded broker: a message is whole or not there, had by one, in order. One that is away holds up nobody."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue
from kombu.exceptions import ChannelError

from portal.transport import Transport

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def channel(tmp_path):
    options = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path), "control_folder": str(tmp_path)}
    connection = Connection("filesystem://localhost//", transport=Transport, transport_options=options)
    with connection.channel() as opened:
        yield opened


def test_messages_come_out_in_the_order_in_which_they_went_in_each_once(channel):
    for number in range(20):
        channel._put("jobs.cpu", {"number": number})
    assert [channel._get("jobs.cpu")["number"] for _ in range(20)] == list(range(20))
    with pytest.raises(Empty):
        channel._get("jobs.cpu")


def test_a_queue_gets_its_own_messages_only(channel):
    channel._put("jobs.gpu", {})
    with pytest.raises(Empty):
        channel._get("jobs.cpu")
    assert channel._size("jobs.gpu") == 1


def test_half_a_message_is_not_seen(channel, tmp_path):
    (tmp_path / ".00000000000000000001_a.jobs.cpu.msg").write_text('{"half')
    with pytest.raises(Empty):
        channel._get("jobs.cpu")


def test_a_broken_message_is_dropped_and_the_next_one_delivered(channel, tmp_path):
    (tmp_path / "00000000000000000001_a.jobs.cpu.msg").write_text('{"half')
    channel._put("jobs.cpu", {"number": 1})
    assert channel._get("jobs.cpu") == {"number": 1}
    assert list(tmp_path.iterdir()) == []


def test_a_message_that_another_worker_took_is_passed_over(channel, tmp_path, monkeypatch):
    channel._put("jobs.cpu", {})
    names = [path.name for path in tmp_path.iterdir()]
    channel._get("jobs.cpu")
    monkeypatch.setattr("os.listdir", lambda folder: names)
    with pytest.raises(Empty):
        channel._get("jobs.cpu")


def test_a_folder_that_is_away_is_an_empty_queue_until_it_is_back(channel, tmp_path):
    channel._put("jobs.cpu", {"number": 1})
    tmp_path.rename(tmp_path.with_name("away"))
    with pytest.raises(Empty):
        channel._get("jobs.cpu")
    tmp_path.with_name("away").rename(tmp_path)
    assert channel._get("jobs.cpu") == {"number": 1}


def test_a_message_goes_to_the_queue_that_its_key_names_and_to_no_other(channel):
    exchange = Exchange("of-this-test")  # a process remembers what it has bound, whatever the folder
    for name in ("here", "there", "here"):
        Queue(name, exchange, routing_key=name)(channel).declare()
    channel.typeof("of-this-test").deliver({"properties": {}}, "of-this-test", "there")
    assert (channel._size("there"), channel._size("here")) == (1, 0)
    assert len(channel.get_table("of-this-test")) == 2


def test_the_portal_uses_it():
    from portal.celery import app

    assert isinstance(Connection("filesystem://localhost//").transport, Transport)
    assert {queue.name: queue.routing_key for queue in app.amqp.queues.values()} == {
        name: name for name in ("celery", "jobs.cpu", "jobs.gpu")
    }


def test_what_a_killed_process_left_is_removed_after_a_while(channel, tmp_path):
    left = [tmp_path / ".1_a.jobs.cpu.msg", tmp_path / ".1_b.jobs.cpu.msg.taken"]
    fresh = tmp_path / ".2_c.jobs.cpu.msg"
    for file in (*left, fresh):
        file.write_text("{")
    for file in left:
        os.utime(file, (1, 1))
    with pytest.raises(Empty):
        channel._get("jobs.cpu")
    assert list(tmp_path.iterdir()) == [fresh]


def test_a_full_disk_refuses_a_message_and_keeps_no_half_of_it(channel, tmp_path, monkeypatch):
    def full(path, text, **options):
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ChannelError):
        channel._put("jobs.cpu", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_whoever_submits_does_not_wait_for_a_broker_that_is_away(tmp_path, scheme):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens
        url = f"{scheme}://127.0.0.1:{closed.getsockname()[1]}//"
        code = (
            "import django, time; django.setup(); from types import SimpleNamespace as job\n"
            "from trainingjobs.services.hint import hint; began = time.monotonic()\n"
            "hint(job(pk='x', resource='cpu')); print(time.monotonic() - began)"
        )
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "CELERY_BROKER_URL": url,
            "DATA_DIR": str(tmp_path),
        }
        command = [sys.executable, "-c", code]
        told = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "took no hint" in told.stdout + told.stderr
    assert float(told.stdout.split()[-1]) < 2
