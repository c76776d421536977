from uuid import uuid4

import pytest

from trainingjobs.models import TrainingJob

NEW = "/projects/TRI/jobs/new/"
PRICE = "/projects/TRI/jobs/price/"
GOOD = {"recipe": "image-classifier", "dataset": "digits", "epochs": "12", "batch_size": "32", "learning_rate": "0.001",
        "validation_share": "0.1", "limit": "0", "seed": "0"}  # fmt: skip


def text(response):
    return " ".join(response.content.decode().split())


def test_the_form_shows_every_recipe_and_a_price_before_anything_is_spent(sign_in, engineer, compute_line):
    page = text(sign_in(engineer).get(NEW))
    for word in (
        "Linear regression",
        "Image classifier",
        "Quantization",
        "Price tag",
        "1 to 200",
        "How this price is made",
    ):
        assert word in page
    compute_line.refresh_from_db()
    assert compute_line.reserved_minor == 0


def test_a_recipe_is_chosen_by_its_address_without_script(sign_in, engineer, compute_line):
    page = text(sign_in(engineer).get(f"{NEW}?recipe=linear-regression"))
    assert 'name="true_weight"' in page
    assert 'name="batch_size"' not in page


def test_a_good_form_becomes_one_job_and_leads_to_its_page(sign_in, engineer, compute_line):
    answer = sign_in(engineer).post(NEW, {**GOOD, "submission": uuid4()})
    job = TrainingJob.objects.get()
    assert answer.url == f"/jobs/TRI-{job.number}/"
    assert (job.params["epochs"], job.submitted_by) == (12, engineer)


def test_the_same_form_sent_twice_is_one_job(sign_in, engineer, compute_line):
    client, form = sign_in(engineer), {**GOOD, "submission": uuid4()}
    first, second = client.post(NEW, form), client.post(NEW, form)
    assert first.url == second.url
    assert TrainingJob.objects.count() == 1


def test_wrong_settings_are_named_at_their_fields_and_nothing_typed_is_lost(sign_in, engineer, compute_line):
    answer = sign_in(engineer).post(
        NEW, {**GOOD, "epochs": "500", "learning_rate": "fast", "seed": "17", "submission": uuid4()}
    )
    page = text(answer)
    assert answer.status_code == 422
    assert "500 is above the limit of 200. Usual is 10." in page
    assert "fast is not a number. Usual is 0.001." in page
    assert 'value="500"' in page
    assert 'value="fast"' in page
    assert 'value="17"' in page
    assert "2 settings to correct first" in page
    assert '<a href="#set-epochs"' in page
    assert not TrainingJob.objects.exists()


def test_what_is_typed_never_becomes_markup(sign_in, engineer, compute_line):
    page = sign_in(engineer).post(NEW, {**GOOD, "dataset": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_an_unknown_recipe_is_refused_in_words(sign_in, engineer, compute_line):
    answer = sign_in(engineer).post(NEW, {**GOOD, "recipe": "image-clasifier", "submission": uuid4()})
    assert answer.status_code == 422
    assert "There is no recipe" in text(answer)
    assert not TrainingJob.objects.exists()


def test_over_budget_is_told_with_every_figure_before_and_at_submit(sign_in, engineer, compute_line):
    compute_line.planned_minor = compute_line.released_minor = 0
    compute_line.save()
    client = sign_in(engineer)
    for answer in (client.get(NEW), client.post(PRICE, GOOD)):
        page = text(answer)
        assert "Over budget by EUR" in page.replace("\xa0", " ")
        for word in ("Planned", "Reserved", "Spent", "This job, at most", "Short"):
            assert word in page
    assert client.post(NEW, {**GOOD, "submission": uuid4()}).status_code == 422
    assert not TrainingJob.objects.exists()


def test_money_behind_a_gate_is_no_money_for_a_job_and_the_sum_says_so(sign_in, engineer, compute_line):
    compute_line.planned_minor, compute_line.released_minor = 200_000, 0
    compute_line.save()
    page = text(sign_in(engineer).get(NEW)).replace("\xa0", " ")
    assert "Not released yet" in page
    assert "of EUR 0.00 released" in page
    assert "A gate that says go releases the money of its stage" in page


def test_without_a_rate_card_or_a_budget_the_page_says_whom_to_ask(sign_in, engineer, project):
    answer = sign_in(engineer).get(NEW)
    assert answer.status_code == 200
    assert "Ask finance to publish one" in text(answer)


def test_the_price_follows_the_settings(sign_in, engineer, compute_line):
    client = sign_in(engineer)
    small, large = (client.post(PRICE, {**GOOD, "epochs": epochs}).context["tag"].forecast for epochs in ("1", "200"))
    assert large.micro_mid > small.micro_mid
    assert large.seconds_high > small.seconds_high


def test_the_price_endpoint_tells_what_is_wrong_and_saves_nothing(sign_in, engineer, compute_line):
    answer = sign_in(engineer).post(PRICE, {**GOOD, "epochs": "0"})
    assert answer.status_code == 200
    assert "0 is below the limit of 1" in text(answer)
    assert "no price yet" in text(answer)
    assert not TrainingJob.objects.exists()
    assert sign_in(engineer).get(PRICE).status_code == 405


def test_settings_that_already_ran_are_pointed_out_with_a_link(sign_in, engineer, finish):
    job = finish(epochs=12)
    page = text(sign_in(engineer).post(PRICE, GOOD))
    assert f"The same as {job.name}" in page
    assert job.get_absolute_url() in page


def test_a_clone_keeps_recipe_settings_and_parent(sign_in, engineer, finish, submit):
    parent = finish(epochs=33, learning_rate=0.02)
    page = text(sign_in(engineer).get(f"{NEW}?from={parent.name}"))
    assert 'value="33"' in page
    assert 'value="0.02"' in page
    child = submit(recipe="quantization", parent=parent.run.model_version, rounds=9)
    form = sign_in(engineer).get(f"{NEW}?from={child.name}").context["form"]
    assert (form.recipe.slug, form.raw["rounds"], form.parent) == ("quantization", 9, parent.run.model_version)


@pytest.mark.parametrize("source", ["TRI-999", "nonsense", "TRI-", "-1", "TRI-99999999999999999999"])
def test_a_clone_of_nothing_is_a_fresh_form(sign_in, engineer, compute_line, source):
    assert sign_in(engineer).get(NEW, {"from": source}).context["form"].source is None


def test_quantization_says_which_recipe_to_run_first(sign_in, engineer, compute_line):
    page = text(sign_in(engineer).get(f"{NEW}?recipe=quantization"))
    assert "Run Image classifier first" in page


def test_only_models_of_the_right_kind_that_one_may_see_are_offered(sign_in, engineer, finish):
    job = finish()
    other = finish(kind="linear-regression")
    form = sign_in(engineer).get(f"{NEW}?recipe=quantization").context["form"]
    assert form.parents == [job.run.model_version]
    assert other.run.model_version not in form.parents


def test_a_parent_that_was_not_offered_is_refused(sign_in, engineer, compute_line):
    form = {"recipe": "quantization", "calibration_images": "256", "method": "minmax", "rounds": "7", "parent": uuid4(),
            "submission": uuid4()}  # fmt: skip
    answer = sign_in(engineer).post(NEW, form)
    assert answer.status_code == 422
    assert "start from" in text(answer)
    assert not TrainingJob.objects.exists()


def test_the_bars_show_where_finished_runs_have_been(sign_in, engineer, finish):
    finish(epochs=20)
    finish(epochs=101)
    fields = {field.setting.name: field for field in sign_in(engineer).get(NEW).context["form"].fields()}
    bounds = fields["epochs"].bounds
    assert (bounds.start, bounds.end, bounds.dot) == (9.5, 49.7, 4.5)
    assert fields["seed"].bounds is None


def test_a_viewer_may_not_submit_and_learns_why(sign_in, viewer, compute_line):
    client = sign_in(viewer)
    for answer in (client.get(NEW), client.post(NEW, GOOD), client.post(PRICE, GOOD)):
        assert answer.status_code == 403
        assert "role of an engineer" in text(answer)
    assert not TrainingJob.objects.exists()


def test_a_stranger_finds_no_project_and_a_visitor_signs_in(sign_in, stranger, client, compute_line):
    assert sign_in(stranger).get(NEW).status_code == 404
    assert sign_in(stranger).post(PRICE, GOOD).status_code == 404
    assert client.get(NEW).url.startswith("/sign-in/")


def test_priority_and_time_limit_travel_with_the_form(sign_in, engineer, compute_line):
    form = {**GOOD, "priority": "1", "stop_after": "1,5", "stop_after_unit": "h", "submission": uuid4()}
    sign_in(engineer).post(NEW, form)
    job = TrainingJob.objects.get()
    assert (job.priority, job.time_limit_s) == (1, 5400.0)


def test_high_is_offered_to_who_may_give_it_and_refused_to_others(sign_in, engineer, make_user, project, compute_line):
    from projects.models import Membership

    member = make_user("mei.tanaka")
    Membership.objects.create(project=project, user=member)
    high = '<option value="1"'
    assert high in text(sign_in(engineer).get(NEW))
    page = text(sign_in(member).get(NEW))
    assert high not in page
    assert "High is given by the project's lead or a manager." in page.replace("&#x27;", "'")
    answer = sign_in(member).post(NEW, {**GOOD, "priority": "1", "submission": uuid4()})
    assert answer.status_code == 422
    assert 'href="#set-priority"' in text(answer)
    assert not TrainingJob.objects.exists()


@pytest.mark.parametrize("limit", ["0", "-3", "nan", "1e9", "soon", "٣٣٣٣٣٣٣٣"])
def test_a_time_limit_out_of_range_is_named_at_its_field(sign_in, engineer, compute_line, limit):
    client = sign_in(engineer)
    answer = client.post(NEW, {**GOOD, "stop_after": limit, "submission": uuid4()})
    assert answer.status_code == 422
    assert 'href="#set-stop_after"' in text(answer)
    assert 'href="#set-stop_after"' in text(client.post(PRICE, {**GOOD, "stop_after": limit}))
    assert not TrainingJob.objects.exists()


def price_with_limit(client, seconds=None):
    limit = {"stop_after": f"{seconds / 60:.6f}"} if seconds else {}
    answer = client.post(PRICE, {**GOOD, **limit})
    return answer.context["tag"].forecast, text(answer).replace("\xa0", " ")


def test_a_limit_below_the_median_says_that_the_job_will_probably_be_stopped_and_the_mend(
    sign_in, engineer, compute_line
):
    client = sign_in(engineer)
    free, page = price_with_limit(client)
    assert "stopped at its time limit" not in page
    cut, page = price_with_limit(client, seconds=1.2)
    assert "It will probably be stopped at its time limit." in page
    assert "The limit is 1.2 s, and it may need up to" in page
    assert "Raise the limit, or shorten the job." in page
    assert "Nothing is counted beyond the time limit." in page
    assert cut.seconds_high == 1.2
    assert cut.micro_high < free.micro_low


def test_a_limit_between_the_median_and_the_p90_says_that_the_job_may_be_stopped(sign_in, engineer, compute_line):
    client = sign_in(engineer)
    free, _page = price_with_limit(client)
    cut, page = price_with_limit(client, seconds=(free.seconds_mid + free.seconds_high) / 2)
    assert "It may be stopped at its time limit." in page
    assert (cut.seconds_mid, cut.micro_mid) == (free.seconds_mid, free.micro_mid)
    assert cut.seconds_high < free.seconds_high == cut.needed_s


def test_a_limit_beyond_the_p90_changes_neither_the_price_nor_the_words(sign_in, engineer, compute_line):
    client = sign_in(engineer)
    free, _page = price_with_limit(client)
    forecast, page = price_with_limit(client, seconds=3600)
    assert forecast == free
    assert "stopped at its time limit" not in page


def test_a_limit_that_cannot_be_read_cuts_no_price(sign_in, engineer, compute_line):
    client = sign_in(engineer)
    free, _page = price_with_limit(client)
    answer = client.post(PRICE, {**GOOD, "stop_after": "soon"})
    assert answer.context["tag"].forecast == free
    assert answer.context["tag"].stop is None


def test_the_settings_of_the_probe_read_as_words_with_their_units(sign_in, engineer, compute_line):
    form = sign_in(engineer).get(f"{NEW}?recipe=probe").context["form"]
    shown = {field.setting.name: (field.setting.label, field.setting.unit) for field in form.fields()}
    assert shown["seconds"] == ("Duration", "s")
    assert shown["megabytes"] == ("Memory", "MB")
    assert shown["checkpoint_every"] == ("Checkpoint every", "steps")
    assert shown["temp_files"] == ("Temporary files", "files")
    assert shown["cpu"] == ("Keep a core busy", "")


def test_a_line_that_warns_lets_a_job_over_the_plan_and_one_that_ignores_says_nothing(sign_in, engineer, compute_line):
    compute_line.planned_minor = compute_line.released_minor = 0
    compute_line.policy = "warn"
    compute_line.save()
    client = sign_in(engineer)
    page = text(client.get(NEW))
    assert "Over the plan by EUR" in page.replace("\xa0", " ")
    assert "Short" not in page
    compute_line.policy = "ignore"
    compute_line.save()
    assert "Over the plan" not in text(client.get(NEW))
    assert client.post(NEW, {**GOOD, "submission": uuid4()}).status_code == 302


def test_the_tag_says_when_a_job_starts_and_why_not_sooner(sign_in, engineer, compute_line, submit, worker):
    client = sign_in(engineer)
    assert "at once" in text(client.get(NEW))
    submit(epochs=150)
    page = text(client.get(NEW))
    assert "no. 2 in line" in page
    assert "1 job of the same project starts before it." in page
    worker.delete()
    page = text(client.get(NEW))
    assert "when a worker is there" in page
    assert "No worker serves the CPU queue now." in page


def test_a_clone_keeps_the_time_limit_and_never_high_priority(sign_in, engineer, submit):
    job = submit(priority=1, time_limit_s=7200.0)
    form = sign_in(engineer).get(f"{NEW}?from={job.name}").context["form"]
    assert (form.terms.priority, form.terms.stop_after, form.terms.unit) == (0, "2", "h")
