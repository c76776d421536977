"""A database server that dies. Its file comes first: laying out an installation on servers takes longest."""

import pytest
from kit.figures import demand
from scenarios import database

pytestmark = [pytest.mark.chaos, pytest.mark.slow]


@pytest.mark.services
def test_a_database_server_that_is_killed_costs_no_job(servers):
    with servers.site() as site:
        demand(database.server_killed(site, times=1))
