"""Installations that tests may break, one for all tests of a process: preparing and starting one takes seconds."""

import os

import pytest
from kit.sites import Sites, missing


@pytest.fixture(scope="session")
def embedded(tmp_path_factory):
    base = tmp_path_factory.getbasetemp()
    sites = Sites("embedded", common=base.parent if "PYTEST_XDIST_WORKER" in os.environ else None)
    yield sites
    sites.close()


@pytest.fixture(scope="session")
def shared(embedded):
    with embedded.site() as site:
        yield site


@pytest.fixture
def site(shared):
    """The shared installation; a test that did not clean up after itself does not pass its trouble on."""
    yield shared
    if unfinished := [row["id"] for row in shared.ask("rows") if not row["ended"]]:
        for job in unfinished:
            shared.ask("act", verb="cancel", job=job)
        shared.destroy()


@pytest.fixture
def fresh(embedded):
    """An installation for one test alone, such as a mutant."""
    with embedded.site() as site:
        yield site


@pytest.fixture(scope="session")
def servers():
    if reason := missing("servers"):
        pytest.skip(reason)
    sites = Sites("servers")
    yield sites
    sites.close()
