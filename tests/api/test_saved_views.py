"""Saved views by REST: one's own and the shared ones."""

VIEW = {"page": "projects", "name": "Data", "query": "?station=data&page=3"}


def test_a_view_keeps_the_filters_without_where_somebody_had_leafed_to(engineer, api):
    client = api(engineer)
    body = client.post("/api/v1/saved-views/", VIEW).json()
    assert (body["query"], body["url"], body["owner"]) == ("station=data", "/projects/?station=data", engineer.username)
    again = client.post("/api/v1/saved-views/", {**VIEW, "query": "station=training"}).json()
    assert (again["id"], again["query"]) == (body["id"], "station=training")
    assert client.get("/api/v1/saved-views/?for_page=projects").json()["count"] == 1
    assert client.get("/api/v1/saved-views/?for_page=money").json()["count"] == 0


def test_a_view_of_somebody_else_is_not_there_unless_it_is_shared(engineer, manager, viewer, api):
    own = api(engineer).post("/api/v1/saved-views/", VIEW).json()["id"]
    shared = api(manager).post("/api/v1/saved-views/", {**VIEW, "is_shared": True}).json()["id"]
    client = api(viewer)
    assert [row["id"] for row in client.get("/api/v1/saved-views/").json()["results"]] == [shared]
    assert client.delete(f"/api/v1/saved-views/{own}/").status_code == 404
    assert client.delete(f"/api/v1/saved-views/{shared}/").status_code == 403
    assert api(manager).delete(f"/api/v1/saved-views/{shared}/").status_code == 204


def test_only_managers_share_and_only_pages_with_filters_have_views(engineer, api):
    client = api(engineer)
    assert client.post("/api/v1/saved-views/", {**VIEW, "is_shared": True}).status_code == 403
    refused = client.post("/api/v1/saved-views/", {**VIEW, "page": "nowhere"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "page")
