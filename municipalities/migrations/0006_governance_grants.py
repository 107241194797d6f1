"""Who holds a role already gets what it may do since proposals came: groups are made once, and these were made before."""

from django.db import migrations

GRANTS = {
    "lead": "propose_agreements", "administrator": "propose_agreements", "finance": "propose_keys",
    "director": "decide_proposals",
}  # fmt: skip
NAMES = {
    "propose_agreements": "Propose agreements and calendars",
    "propose_keys": "Propose keys of allocation",
    "decide_proposals": "Decide proposals for the municipality",
}


def grant(apps, schema_editor):
    def rows(app, model):
        return apps.get_model(app, model).objects.using(schema_editor.connection.alias)

    places = {place.slug: place for place in rows("municipalities", "Municipality").all()}
    for group in rows("auth", "Group").filter(name__contains="@"):
        role, _mark, slug = group.name.partition("@")
        if role in GRANTS and slug in places:
            rows("municipalities", "MunicipalityGroupPermission").get_or_create(
                group=group, permission=_permission(rows, GRANTS[role]), content_object=places[slug]
            )


def _permission(rows, codename):
    """Django makes the rows of new permissions only after all migrations."""
    kind, _is_new = rows("contenttypes", "ContentType").get_or_create(app_label="municipalities", model="municipality")
    return rows("auth", "Permission").get_or_create(
        content_type=kind, codename=codename, defaults={"name": NAMES[codename]}
    )[0]


class Migration(migrations.Migration):
    dependencies = [
        ("municipalities", "0005_manage_invoicing"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
