"""What follows from the fit."""

from analysis.results import Axis, Column, Table


def visible(fit, settings):
    """Turn the limit on events into one on the visible cross section, in fb."""
    limit = fit["workspaces"]["counts"]["limit"]["events"]
    values = tuple(events / settings.integrated for events in (limit["observed"], limit["expected"][2]))
    level = f"{100 * limit['level']:.0f} % CL"
    columns = (Column("Upper limit", "fb", values, {}, {"confidence level": level}),)
    table = Table(
        "visible", "Visible cross section of new physics", (Axis("Limit", "", ("observed", "expected")),), columns
    )
    return {"tables": [table], "headline": {"visible cross section": f"below {values[0]:.1f} fb at {level}"}}
