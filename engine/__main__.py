"""Entry of `python -m engine`: `run` and `wait` are the job path for the portal, everything else the human path."""

import sys


def main() -> int:
    if sys.argv[1:] == ["run"]:
        from engine.job import run_job

        return run_job(sys.stdin)

    if sys.argv[1:] == ["wait"]:
        from engine.waiting import wait_for_job

        return wait_for_job(sys.stdin)

    from engine.cli import run_command

    return run_command(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
