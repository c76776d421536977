"""What was approved before there were tranches is released; months are summed; the ledger's triggers are set again."""

from django.db import migrations
from django.db.models import F, Sum
from django.db.models.functions import TruncMonth

from people.append_only import append_only


def fill(apps, editor):
    apps.get_model("finance", "BudgetLine").objects.update(released_minor=F("planned_minor"))
    entries = apps.get_model("finance", "LedgerEntry").objects.filter(account="expense")
    sums = entries.annotate(month=TruncMonth("journal_entry__effective_on")).values("line", "month")
    month_spend = apps.get_model("finance", "MonthSpend")
    month_spend.objects.bulk_create(
        month_spend(line_id=row["line"], month=row["month"], amount_minor=row["total"])
        for row in sums.annotate(total=Sum("amount_minor")).order_by("line", "month")
    )


class Migration(migrations.Migration):
    dependencies = [("finance", "0005_periods_commitments_rates")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        *[
            append_only(f"finance_{table}")
            for table in ("journalentry", "ledgerentry", "rolerate", "exchangerate", "timeentry", "rateadjustment")
        ],
    ]
