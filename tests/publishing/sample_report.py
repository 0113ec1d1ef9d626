"""A report with a block of each type, made up for the tests of the writers."""

from __future__ import annotations

from dataclasses import replace

from analysis.presentation.blocks import (
    Block,
    Callout,
    Cell,
    Chart,
    Column,
    Document,
    Facts,
    Figures,
    Heading,
    ItemList,
    PageBreak,
    Paragraph,
    Table,
)

#: Texts that would do something if a writer took them for markup, a formula or an address.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>alert(2)</script>",
    "&lt;b&gt; & <b>tučně</b>",
    "=1+1",
    '=HYPERLINK("http://example.org","klikni")',
    "+420 577 000 000",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "#let x = 1; #panic(x)",
    "$x$ a $ 5 + 5 $",
    "@ref a <label>",
    "*tučně* _kurzíva_ `kód` = nadpis",
    '#image("/etc/passwd")',
    "#{sys.inputs}",
    "{{ 7 * 7 }} {% raw %}",
    "C:\\temp\\new \\u{41} \\",
    "'; DROP TABLE x; --",
    "https://example.org/?a=1&b=2",
    "mailto:a@example.org",
    "[odkaz](javascript:alert(1))",
    "// komentář /* a další */",
    "%n %s {0} {x}",
    '&B&"Arial"&P',
)

LIPSUM = (
    "Povědomí o sociálních službách se mezi obyvateli liší podle věku a vzdělání. Nejlépe lidé "
    "znají pečovatelskou službu a domovy pro seniory; naopak o službách, které pomáhají v krizi "
    "nebo při ohrožení sociálním vyloučením, slyšela méně než pětina dotázaných. Rozdíly mezi "
    "skupinami uvádíme jen tam, kde přesahují statistickou chybu."
)

SERVICES = (
    "Pečovatelská služba", "Domovy pro seniory", "Osobní asistence", "Odlehčovací služby",
    "Denní stacionáře", "Azylové domy", "Krizová pomoc", "Raná péče", "Telefonická krizová pomoc",
    "Sociálně aktivizační služby pro rodiny s dětmi", "Nízkoprahová zařízení pro děti a mládež",
    "Sociální služby poskytované ve zdravotnických zařízeních ústavní péče",
)  # fmt: skip


def document(**changes: object) -> Document:
    """The title page of a report of modelled data."""
    return replace(
        Document(
            title="Znalost sociálních služeb",
            subtitle="Šetření mezi obyvateli ve správním obvodu, závěrečná zpráva",
            study="vzorova-2011",
            kind="awareness",
            area="0001",
            area_name="ORP Žďár u Říčky",
            language="cs",
            data_origin="modelled",
            watermark="modelová data",
            watermark_note="Odpovědi v této zprávě nejsou zjištěné v terénu. Vytvořil je generátor "
            "z dotazníku studie; zpráva ukazuje podobu výstupu, nikoli skutečný stav.",
            author="Oddělení sociálních věcí",
            date="2012-03-30",
            facts=(
                ("Zadavatel", "Vzorový kraj"),
                ("Zpracovatel", "Ústav pro plánování sociálních služeb, o. p. s."),
                ("Projekt", "Plánování dostupnosti a rozvoje sociálních služeb na území kraje"),
                ("Registrační číslo projektu", "CZ.0.00/0.0.00/00.00000"),
                ("Dotazování", "5. 9. 2011 – 28. 10. 2011"),
                ("Základní soubor", "obyvatelé ve věku 15 a více let"),
                ("Velikost souboru", "n = 400"),
            ),
            publicity="Projekt je spolufinancován z prostředků Evropského sociálního fondu "
            "a státního rozpočtu České republiky.",
            running_title="Znalost sociálních služeb · ORP Žďár u Říčky",
        ),
        **changes,
    )


def svg(colour: str = "#1f4e79") -> str:
    """A small bar chart without letters."""
    bars = "".join(
        f'<rect x="40" y="{6 + 12 * place}" width="{100 - 11 * place}" height="8" fill="{colour}"/>'
        for place in range(6)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="150mm" height="76mm" '
        f'viewBox="0 0 150 76"><path d="M40 0V76" stroke="#59636e" stroke-width=".3"/>{bars}</svg>'
    )


def small_table(caption: str = "Znalost vybraných služeb", **changes: object) -> Table:
    """Seven rows of a label, a share, its interval and its base, with each mark."""
    marks = (
        Cell("84,3", 0.843, "0.0%"),
        Cell("[12,5]", 0.125, "0.0%", "low_precision"),
        Cell("•", mark="disclosure"),
        Cell("–", mark="precision"),
        Cell("×", mark="not_applicable"),
        Cell("…", mark="missing"),
        Cell("+8,3\u00a0*", 8.3, "+0.0;-0.0;0.0", "supported"),
    )
    table = Table(
        caption=caption,
        columns=(
            Column("Služba", align="left", width=5),
            Column("%"),
            Column("95% interval", width=1.6),
            Column("n"),
        ),
        rows=tuple(
            (Cell(label), mark, Cell("79–88"), Cell("1\u00a0234", 1234, "0"))
            for label, mark in zip(SERVICES, marks, strict=False)
        ),
        name="Znalost služeb",
        notes=(
            "• údaj se nezveřejňuje kvůli ochraně dotázaných; – odpovědí je příliš málo.",
            "Zdroj: Šetření obyvatel, 2011; n = 400.",
        ),
        data_origin="modelled",
    )
    return replace(table, **changes)


def long_table(rows: int = 60) -> Table:
    """A long table of eight columns with spanners and row groups."""
    spans = (("Muži", "%"), ("Muži", "95% int."), ("Muži", "n"),
             ("Ženy", "%"), ("Ženy", "95% int."), ("Ženy", "n"))  # fmt: skip
    columns = (
        Column("Položka", align="left", width=5),
        Column("Celkem"),
        *(Column(header, spanner) for spanner, header in spans),
    )
    body = tuple(
        (
            Cell(f"{SERVICES[place % len(SERVICES)]} ({place + 1})"),
            Cell(f"{place},{place % 10}", place + place % 10 / 10, "0.0"),
            *(
                Cell(text, value, "0.0")
                for text, value in zip(
                    ("12,5", "9–16", "210", "84,0", "80–88", "190"),
                    (12.5, None, 210.0, 84.0, None, 190.0),
                    strict=True,
                )
            ),
        )
        for place in range(rows)
    )
    return Table(
        caption="Znalost služeb podle pohlaví",
        columns=columns,
        rows=body,
        name="Znalost podle pohlaví",
        groups=(("Služby sociální péče", 0), ("Služby sociální prevence", rows // 2)),
        notes=("Hodnoty jsou vážené, n je nevážené.",),
        data_origin="modelled",
    )


def wide_table(columns: int = 14) -> Table:
    """A table too wide for an upright page."""
    names = [f"Okrsek {place}" for place in range(1, columns)]
    return Table(
        caption="Věkové skupiny v okrscích, široká tabulka",
        columns=(Column("Skupina", align="left", width=3), *(Column(name) for name in names)),
        rows=tuple(
            (
                Cell(f"{age}–{age + 9} let"),
                *(Cell("12\u00a0345", 12345, "# ##0", under="11–13") for _ in names),
            )
            for age in range(15, 85, 10)
        ),
        name="Okrsky [široká: tabulka] s příliš dlouhým názvem listu",
        data_origin="modelled",
    )


def chart(caption: str = "Nejznámější služby", **changes: object) -> Chart:
    """A chart with its data."""
    made = Chart(
        caption=caption,
        svg=svg(),
        alt=f"Pruhový graf „{caption}“: nejvíce pečovatelská služba (84,3 %), nejméně raná péče.",
        width_mm=150,
        height_mm=76,
        data=small_table(f"Data grafu {caption}", name=f"Graf {caption}"),
        notes=("Zdroj: Šetření obyvatel, 2011; n = 400.",),
        data_origin="modelled",
    )
    return replace(made, **changes)


def hostile_table() -> Table:
    """A table whose texts are all hostile."""
    return Table(
        caption=HOSTILE[0] + HOSTILE[9],
        columns=(Column(HOSTILE[4], align="left", width=3), Column(HOSTILE[10], HOSTILE[5])),
        rows=tuple((Cell(text), Cell(text)) for text in HOSTILE),
        name="=1+1",
        notes=HOSTILE[:3],
        groups=((HOSTILE[11], 2),),
    )


def blocks() -> list[Block]:
    """The whole report."""
    return [
        document(),
        Heading("Manažerské shrnutí", 1, "shrnuti"),
        Paragraph(LIPSUM, "lead"),
        Figures(
            (
                ("84\u00a0%", "zná pečovatelskou službu", "95% interval 80–88 %; n = 400"),
                ("56\u00a0%", "ví, kam se obrátit ve své situaci", "95% interval 51–61 %; n = 398"),
                ("12\u00a0%", "zná ranou péči", "95% interval 9–16 %; n = 400"),
                ("3,4", "služeb zná v průměru jeden dotázaný", "95% interval 3,1–3,7; n = 400"),
            )
        ),
        ItemList(tuple(LIPSUM.split(". ")[:3])),
        Callout("Modelová data.", "Výsledky nelze vztahovat ke skutečnosti.", "warning"),
        PageBreak(),
        Heading("Metodika", 1, "metodika"),
        Paragraph(LIPSUM),
        Heading("Technické parametry", 3),
        Facts("Technické parametry šetření", document().facts),
        ItemList(("První krok.", "Druhý krok, jehož popis je delší než jedna řádka textu, "
                  "aby bylo vidět odsazení."), ordered=True),
        Callout("Jak číst tabulky.", "Písmeno n označuje nevážený počet osob."),
        Heading("Podpořená znalost", 1, "znalost"),
        Paragraph(LIPSUM, "lead"),
        chart(),
        Paragraph(LIPSUM),
        small_table(),
        Paragraph("Poznámka menším písmem pod tabulkou.", "note"),
        Heading("Podle pohlaví", 2),
        long_table(),
        Paragraph(LIPSUM),
        chart("Méně známé služby"),
        Heading("Okrsky", 2),
        wide_table(),
        Heading("Odpovědi na otevřenou otázku", 2),
        Paragraph(" ".join(HOSTILE)),
        hostile_table(),
    ]  # fmt: skip
