"""``handouts locales``: the languages, what their catalogs lack, and what is wrong with them."""

from __future__ import annotations

import click

from handouts import resources
from handouts.commands.settings import progress, settings_of, settings_options, show_json, show_table, today
from handouts.errors import LanguageError, Problem, UsageError


@click.group()
def locales() -> None:
    """List the languages, check their catalogs, and bring them up to date.

    \b
    handouts locales list
    handouts locales new fr
    handouts locales check es
    handouts locales preview es
    handouts locales update es
    handouts locales sign es --by "Sample Translator" --role "medical translator"
    """


@locales.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@settings_options
@click.pass_context
def list_(ctx: click.Context, as_json: bool, clinic_file: str | None, formularies: tuple[str, ...]) -> None:
    """List the languages and how much of each is translated."""
    from handouts.checks.catalogs import template, untranslated
    from handouts.content.catalog import read_texts
    from handouts.content.language import catalog_of, locale_tags, read_language

    library = settings_of(ctx, clinic_file, formularies).library()
    source = template(resources.folder("templates"), library.formulary)
    rows: list[dict[str, object]] = []
    for tag in locale_tags(library.locales):
        language = read_language(tag, library.locales)
        missing = len(untranslated(language, source))
        texts = None if language.file.source else read_texts(language.catalog, tag, catalog_of(tag))
        signed = texts.content_hash() if texts else ""
        rows.append(
            {
                "locale": language.bcp47,
                "name": language.file.english_name,
                "translated": len(source) - missing,
                "missing": missing,
                "percent": 100 * (len(source) - missing) // len(source),
                "reviewed": language.reviewed,
                "reviewers": [
                    f"{reviewer.name} ({reviewer.role}), {reviewer.date}"
                    for reviewer in language.file.reviewers
                    if reviewer.hash == signed
                ],
                "changed": texts.changed if texts else "",
            }
        )
    if as_json:
        show_json(rows)
        return
    table = [
        (
            str(row["locale"]),
            str(row["name"]),
            f"{row['percent']} %",
            str(row["missing"]),
            _reviewed(row),
            str(row["changed"]) or "not known",
        )
        for row in rows
    ]
    show_table(("locale", "language", "translated", "missing", "reviewed", "last change"), table)


def _reviewed(row: dict[str, object]) -> str:
    names = row["reviewers"]
    if isinstance(names, list) and names:
        return "; ".join(map(str, names))
    return "source" if row["reviewed"] else "not reviewed"


@locales.command()
@click.argument("tag")
@settings_options
@click.pass_context
def new(ctx: click.Context, tag: str, clinic_file: str | None, formularies: tuple[str, ...]) -> None:
    """Begin a language: a folder with every text to translate, and a locale.toml to fill in.

    \b
    handouts locales new fr
    handouts locales new pt_BR
    """
    from handouts.checks.catalogs import template, updated
    from handouts.content.language import locale_tags
    from handouts.content.locale_file import draft
    from handouts.output import make_folder, write

    library = settings_of(ctx, clinic_file, formularies).library()
    name, about = tag.strip().replace("-", "_"), draft(tag)
    place = resources.folder("locales") / name
    if name in locale_tags(library.locales) or place.exists():
        raise UsageError(Problem("TAG", f"there is a folder for {name} already", f"handouts locales update {name}"))
    texts = updated(None, name, template(resources.folder("templates"), library.formulary))
    catalog = make_folder(str(place / "LC_MESSAGES")) / "handouts.po"
    for path, content in ((place / "locale.toml", about.encode()), (catalog, texts)):
        write(str(path), content)
        path.chmod(0o644)
    click.echo(f"{catalog}: translate it in Poedit, and fill in {place / 'locale.toml'}.", err=True)


@locales.command()
@click.argument("tag")
@click.option("--out", metavar="DIR", help="The folder for the pages; preview-TAG when not given.")
@click.option("--msgid", metavar="TEXT", help="Only a picture of where this English text stands (handouts[preview]).")
@click.option("--drug", "drugs", multiple=True, metavar="DRUG", help="All drugs when not given; may be repeated.")
@settings_options
@click.pass_context
def preview(
    ctx: click.Context,
    tag: str,
    out: str | None,
    msgid: str | None,
    drugs: tuple[str, ...],
    clinic_file: str | None,
    formularies: tuple[str, ...],
) -> None:
    """Make every document in a language, the English beside it; what is not translated is marked.

    \b
    handouts locales preview es
    handouts locales preview es --msgid "It does not cure MS."
    handouts locales preview en_XA --drug ocrelizumab     (longer English with accents; ar_XB: right to left)
    """
    from handouts.output import make_folder, write
    from handouts.preview import index, pdf, picture, previewed, samples

    settings = settings_of(ctx, clinic_file, formularies)
    library, clinic = settings.library(), settings.clinic()
    language, english = previewed(tag, library), previewed("en", library)
    wanted = [library.formulary.drug(name).id for name in drugs] or library.formulary.ids()
    if msgid:
        title, png = picture(msgid, tag, clinic, library)
    folder = make_folder(out or f"preview-{language.tag}")
    if msgid:
        write(str(folder / "msgid.png"), png)
        click.echo(f"{folder / 'msgid.png'}: {title}.", err=True)
        return
    chosen = [sample for sample in samples(library) if sample.drug in wanted]
    shown = []
    for number, sample in enumerate(chosen, start=1):
        progress(number, len(chosen), sample.title)
        pages = {side.tag: pdf(sample, side, clinic, library) for side in (language, english)}
        made = {side: page for side, page in pages.items() if page}
        for side, page in made.items():
            write(str(folder / sample.file(side)), page)
        shown += [sample] if made else []
    write(str(folder / "index.html"), index(language, shown).encode())
    click.echo(f"{folder / 'index.html'}: {len(shown)} sample patients.", err=True)


@locales.command()
@click.argument("tag")
@click.option("--by", required=True, metavar="NAME", help="Who read every translation against the English.")
@click.option("--role", required=True, metavar="TEXT", help="In which role: medical translator, bilingual nurse …")
@settings_options
@click.pass_context
def sign(
    ctx: click.Context, tag: str, by: str, role: str, clinic_file: str | None, formularies: tuple[str, ...]
) -> None:
    """Say that a qualified translator has reviewed a language as it is now. A later change takes it back.

    \b
    handouts locales sign es --by "Sample Translator" --role "medical translator"
    """
    from handouts.checks.finding import Severity
    from handouts.checks.proofs import proof, proofs_of
    from handouts.content.catalog import read_texts
    from handouts.content.language import Reviewer
    from handouts.content.locale_file import signed
    from handouts.output import write

    library = settings_of(ctx, clinic_file, formularies).library()
    (item,) = proofs_of([tag], library)
    wrong = [found for found in proof(item, library) if found.severity is Severity.ERROR and not found.waived]
    if wrong:
        raise LanguageError(*(found.problem() for found in wrong))
    seen = read_texts(item.catalog, item.file.tag, item.where).content_hash()
    path = resources.folder("locales") / item.file.tag / "locale.toml"
    reviewer = Reviewer(name=by, role=role, date=today(), hash=seen)
    write(str(path), signed(path.read_text(encoding="utf-8"), reviewer).encode())
    path.chmod(0o644)
    click.echo(f"{path}: {by} ({role}) has reviewed {item.file.english_name}.", err=True)


@locales.command()
@click.argument("what", nargs=-1, metavar="[TAG|FILE.po]…")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@settings_options
@click.pass_context
def check(
    ctx: click.Context, what: tuple[str, ...], as_json: bool, clinic_file: str | None, formularies: tuple[str, ...]
) -> None:
    """Hold translations against the English: numbers, units, names, negations, placeholders and more.

    \b
    handouts locales check
    handouts locales check es
    handouts locales check es.po --json
    """
    from handouts.checks.finding import Severity
    from handouts.checks.proofs import proof, proofs_of

    library = settings_of(ctx, clinic_file, formularies).library()
    found = [finding for item in proofs_of(what, library) for finding in proof(item, library)]
    standing = [finding for finding in found if not finding.waived]
    errors = sum(finding.severity is Severity.ERROR for finding in standing)
    counts = {"errors": errors, "warnings": len(standing) - errors, "waived": len(found) - len(standing)}
    if as_json:
        show_json({**counts, "findings": [finding.row() for finding in found]})
    else:
        if standing:
            rows = [
                (item.where, item.short, f"{item.severity}: {item.rule}", item.what, item.hint) for item in standing
            ]
            show_table(("where", "text", "rule", "what", "what to do"), rows)
        click.echo(", ".join(f"{count} {name}" for name, count in counts.items()) + ".", err=True)
    if errors:
        raise click.exceptions.Exit(LanguageError.exit_code)


@locales.command()
@click.argument("tag", required=False)
@settings_options
@click.pass_context
def update(ctx: click.Context, tag: str | None, clinic_file: str | None, formularies: tuple[str, ...]) -> None:
    """Bring one catalog, or all of them, up to the texts of today. No translation is ever guessed."""
    from handouts.checks.catalogs import template, updated
    from handouts.content.language import locale_tags, read_language
    from handouts.output import write

    library = settings_of(ctx, clinic_file, formularies).library()
    source = template(resources.folder("templates"), library.formulary)
    known = locale_tags(resources.folder("locales"))
    if tag and tag not in known:
        raise LanguageError(Problem("locale", f"there is no locale {tag!r}", "available: " + ", ".join(known)))
    made = {}
    for name in [tag] if tag else known:
        path = resources.folder("locales") / name / "LC_MESSAGES" / "handouts.po"
        if not path.is_file() and read_language(name, resources.folder("locales")).file.source:
            continue
        before = path.read_bytes() if path.is_file() else None
        made[path] = updated(before, name, source)
    for path, catalog in made.items():  # none, where one cannot be read
        write(str(path), catalog)
        path.chmod(0o644)
        click.echo(f"{path} is up to date.", err=True)
