import re
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from servicecenter.charts import (
    FULL,
    NARROW,
    WIDE,
    Change,
    Goal,
    Observed,
    Party,
    Pool,
    Series,
    Share,
    Spending,
    Step,
    budget_bars,
    clock_bar,
    diverging_bars,
    flow,
    funnel,
    goal_bars,
    intervals,
    queue_lines,
    stacked_months,
    waterfall,
)
from servicecenter.charts.scale import Scale, spread, ticks
from servicecenter.charts.svg import PAINT, fit, text_width
from servicecenter.ui import formats
from tests.servicecenter import drawn

NORDBY = Party("Nordby", "#17406d")
SYDBY = Party("Sydby", "#1a7a86")
LONG = Party("Vestre Strandparkens Storkommune", "#bc8734")
PARTIES = (NORDBY, SYDBY, LONG)
MONTHS = ["nov", "dec", "jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt"]
MILLION = 100_000_000  # øre


@pytest.fixture(autouse=True)
def danish():
    with translation.override("da"):
        yield


def months(parties=PARTIES, **wishes):
    values = [((190 + place) * 1_000_000, 205_000_000, (280 - place) * 1_000_000) for place in range(12)]
    wishes.setdefault("title", "Oktober: 6,76 mio. kr.")
    return stacked_months(
        MONTHS,
        parties,
        values,
        budget=[685_000_000] * 2 + [662_000_000] * 10,
        words=("I alt", "Budget"),
        show=formats.bare_millions,
        show_tick=lambda oere: formats.number(oere / MILLION),
        **wishes,
    )


def goals(**wishes):
    rows = [
        Goal(NORDBY, 162, "1,62 af 2,00 mio. kr.", "0,05 mio. kr. bagud", is_good=False),
        Goal(LONG, 218, "2,18 af 2,00 mio. kr.", "0,51 mio. kr. foran plan", is_good=True),
    ]
    return goal_bars(
        rows, goal=200, plan=167, words=("Plan pr. 31. oktober: 1,67", "2,00 mio. kr."), title="x", **wishes
    )


def budgets(**wishes):
    rows = [
        Spending("Servicedesk, bemanding", 1261, 1230, "12,61 (+2,5 %)", is_over=True),
        Spending("Informationssikkerhed og beredskab i fællesskabet", 318, 330, "3,18 (−3,6 %)", is_over=False),
    ]
    return budget_bars(rows, title="x", **wishes)


def shares(**wishes):
    groups = [
        (
            "Første svar",
            [Share(NORDBY, 0.941, 0.928, 0.952, "94,1 %", "(92,8–95,2)"), Share(LONG, None, None, None, "For få")],
        ),
        ("Løst til tiden", [Share(SYDBY, 0.914, 0.898, 0.927, "91,4 %", "(89,8–92,7)")]),
    ]
    return intervals(groups, **{"target": 0.9} | wishes, target_text="Mål 90 %", title="x")


def queue(**wishes):
    weeks = [f"uge {week}" for week in range(28, 44)]
    return queue_lines(
        weeks,
        received=Series("Modtaget", [400 + week for week in range(16)]),
        solved=Series("Løst", [402 + week for week in range(16)]),
        open_=Series("Åbne", [401 + week for week in range(16)]),
        title="x",
        **wishes,
    )


def flows(**wishes):
    pools = [
        Pool("Servicedesk, bemanding", "Registreret tid", (36_000_000, 35_879_333, 52_438_917)),
        Pool("Microsoft 365", "Licenser", (43_000_000, 45_888_882, 59_767_043)),
        Pool("Netværk", "Licenser", (22_000_000, 22_590_848, 28_821_152)),
        Pool("Lille pulje", "Lige deling", (100_000, 100_000, 100_000)),
        Pool("En ganske lille pulje med et meget langt navn som ingen kan læse til ende", "Lige", (1, 1, 0)),
    ]
    return flow(pools, PARTIES, headings=("Omkostningspulje", "Fordelingsnøgle", "Kommune"), title="x", **wishes)


def falls(**wishes):
    steps = [Step("Servicedesk, bemanding", 2_520_441), Step("KMD", -5_000_000), Step("Netværk og datacenter", 177_355)]
    return waterfall(steps, total_name="Forskel i alt", title="x", **wishes)


def changes(**wishes):
    rows = [
        Change(NORDBY, 1_879_100, "+18.791 kr.", "+225 t.kr. om året"),
        Change(LONG, -4_845_800, "−48.458 kr.", "−582 t.kr. om året"),
    ]
    return diverging_bars(rows, ends=("billigere", "dyrere"), title="x", **wishes)


def tunnel(**wishes):
    points = [Observed(NORDBY, 1430, 0.941), Observed(SYDBY, 1400, 0.940), Observed(LONG, 1960, 0.893)]
    return funnel(points, joint_rate=0.928, words=("Samlet 92,8 %", "Antal sager"), title="x", **wishes)


CHARTS = [months, goals, budgets, shares, queue, flows, falls, changes, tunnel]
WIDTHS = {
    months: WIDE,
    goals: WIDE,
    budgets: WIDE,
    shares: WIDE,
    queue: FULL,
    flows: FULL,
    falls: 900,
    changes: WIDE,
    tunnel: WIDE,
}


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
def test_every_chart_is_drawn_wide_and_narrow(chart):
    drawing = chart()
    assert [drawn.size(svg)[0] for svg in drawing] == [WIDTHS[chart], NARROW]
    assert ['class="sd-chart sd-chart-wide"' in drawing.wide, 'class="sd-chart sd-chart-narrow"' in drawing.narrow] == [
        True,
        True,
    ]


@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
def test_words_neither_leave_the_paper_nor_lie_on_each_other(chart, size):
    svg = getattr(chart(), size)
    assert (drawn.outside(svg), drawn.overlapping(svg)) == ([], [])


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
def test_bars_stay_on_the_paper(chart):
    for svg in chart():
        width, height = drawn.size(svg)
        outside = [
            (x, y, w, h)
            for x, y, w, h, _ in drawn.rects(svg)
            if x < -0.1 or y < -0.1 or x + w > width + 0.1 or y + h > height + 0.1
        ]
        assert outside == []


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
def test_a_chart_is_an_image_whose_title_is_its_conclusion(chart):
    for svg in chart():
        root = drawn.parse(svg)
        assert (root.get("role"), root[0].tag, bool(root[0].text)) == ("img", f"{drawn.SVG}title", True)


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
def test_a_strict_policy_has_nothing_to_block(chart, inline):
    for svg in chart(inline_colours=inline):
        assert re.search(r"<style|<script|\sstyle=|\son\w+=", svg) is None


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
def test_for_a_pdf_every_shape_carries_its_own_colour(chart):
    for svg in chart(inline_colours=True):
        bare = [
            shape.tag
            for shape in drawn.parse(svg).iter()
            if shape.tag.rpartition("}")[2] in ("rect", "line", "path", "circle", "text")
            and not (shape.get("fill") or shape.get("stroke"))
        ]
        assert (bare, "ch-" in svg) == ([], False)


def test_the_style_sheet_and_the_pdf_colour_alike():
    sheet = (Path(settings.BASE_DIR) / "servicecenter/static/servicecenter/css/chart.css").read_text(encoding="utf-8")
    by_class = {
        look: dict(pair.split(": ") for pair in body.strip().rstrip(";").split("; "))
        for look, body in re.findall(r"^\.ch-([\w-]+) \{ (.*?) \}$", sheet, flags=re.MULTILINE)
    }
    by_attribute = {look: dict(re.findall(r'([\w-]+)="([^"]*)"', text)) for look, text in PAINT.items() if text}
    assert by_class == by_attribute


def test_words_are_escaped():
    evil = Party("<script>&", "#17406d")
    drawing = stacked_months(["<b>"], [evil], [[5]], title='"><img src=x>')
    for svg in drawing:
        assert "<script" not in svg
        assert "<img" not in svg
        assert "&lt;script&gt;&amp;" in svg if svg is drawing.wide else True
        drawn.parse(svg)


def test_a_colour_that_is_none_becomes_grey():
    drawing = stacked_months(["jan"], [Party("Nordby", '#fff"/><script>')], [[5]], title="x")
    assert drawn.rects(drawing.wide, "party")[0][4] == "#8e8e8e"


# The geometry of each chart -----------------------------------------------------------------------


def test_a_column_is_as_high_as_its_month_on_the_axis():
    drawing = stacked_months(["jan", "feb"], [NORDBY, SYDBY], [[10, 20], [40, 0]], title="x")
    columns = drawn.rects(drawing.wide, "party")
    (_, zero, _, _), *_ = drawn.lines(drawing.wide, "axis")
    heights = [columns[0][3] + columns[1][3], columns[2][3] + columns[3][3]]
    assert heights[0] / heights[1] == pytest.approx(30 / 40, abs=0.001)
    assert {round(columns[place][1] + columns[place][3], 1) for place in (0, 2)} == {round(zero, 1)}
    assert columns[1][1] + columns[1][3] == pytest.approx(columns[0][1], abs=0.02)


def test_a_credit_hangs_below_zero():
    drawing = stacked_months(["jan"], [NORDBY, SYDBY], [[30, -10]], title="x")
    (_, zero, _, _), *_ = drawn.lines(drawing.wide, "axis")
    above, below = drawn.rects(drawing.wide, "party")
    assert above[1] + above[3] == pytest.approx(zero, abs=0.02)
    assert below[1] == pytest.approx(zero, abs=0.02)
    assert above[3] / below[3] == pytest.approx(3, abs=0.01)


def test_a_months_total_stands_above_its_column_and_the_last_in_bold():
    texts = drawn.words(months(parties=[NORDBY, SYDBY, Party("Vestby", "#bc8734")]).wide)
    assert texts.count("6,75") == 12
    assert texts[texts.index("I alt") - 1] == "6,75"


def test_on_a_phone_only_the_first_and_the_last_total_are_said():
    assert drawn.words(months().narrow).count("6,75") == 2


def test_a_goal_bar_and_the_plan_share_one_axis():
    svg = goals().wide
    (rest_x, _, rest, _, _), _ = drawn.rects(svg, "rest")
    nordby, sydby = drawn.rects(svg, "party")
    (plan, *_), _ = drawn.lines(svg, "mark")
    assert nordby[2] / rest == pytest.approx(162 / 200, abs=0.001)
    assert sydby[2] / rest == pytest.approx(218 / 200, abs=0.001)
    assert (plan - rest_x) / rest == pytest.approx(167 / 200, abs=0.001)


def test_only_what_is_over_budget_stands_out():
    svg = budgets().wide
    over, within = drawn.rects(svg, "up"), drawn.rects(svg, "bar")
    assert (len(over), len(within)) == (1, 1)
    assert over[0][2] / within[0][2] == pytest.approx(1261 / 318, abs=0.01)


def test_a_long_name_is_cut_where_its_room_ends():
    assert "Informationssikkerhed og beredskab i fællesskabet" not in drawn.words(budgets().wide)
    assert any(text.endswith("…") for text in drawn.words(budgets().wide))


def test_an_interval_covers_its_share_and_the_target_is_on_the_same_axis():
    svg = shares().wide
    whiskers = drawn.lines(svg, "whisker")
    (target, *_), *_ = drawn.lines(svg, "plan")
    (low, _, high, _), (low_2, _, high_2, _) = whiskers
    per_point = (high - low) / (0.952 - 0.928)
    assert (high_2 - low_2) / per_point == pytest.approx(0.927 - 0.898, abs=0.0002)
    assert low - (0.928 - 0.9) * per_point == pytest.approx(target, abs=0.2)


def test_too_few_observations_show_words_and_no_dot():
    svg = shares().wide
    assert "For få" in drawn.words(svg)
    assert svg.count("<circle") == 2


def test_series_are_named_at_their_end_without_touching():
    names = [box for box in drawn.boxes(queue().wide) if box.words in ("Modtaget 415", "Løst 417", "Åbne 416")]
    tops = sorted(box.top for box in names)
    assert len(names) == 3
    assert min(later - earlier for earlier, later in pairwise(tops)) >= 15.9


def test_the_last_week_is_always_named():
    for svg in queue():
        assert "uge 43" in drawn.words(svg)


def test_what_flows_from_the_pools_arrives_at_the_parties():
    svg = flows().wide
    nodes = drawn.rects(svg, "node")
    left = [height for x, _, _, height, _ in nodes if x == 0]
    middle = [height for x, _, _, height, _ in nodes if x > 0]
    parties = [height for *_, height, _ in drawn.rects(svg, "party")]
    assert (len(left), len(middle), len(parties)) == (5, 4, 3)
    assert sum(left) == pytest.approx(300, abs=0.05)
    assert sum(middle) == pytest.approx(300, abs=0.05)
    assert sum(parties) == pytest.approx(300, abs=0.05)


def test_on_a_phone_each_pool_is_a_bar_of_shares_over_the_whole_width():
    bars = drawn.rects(flows().narrow, "party")
    for pool in range(5):
        row = bars[pool * 3 : pool * 3 + 3]
        assert sum(bar[2] for bar in row) == pytest.approx(NARROW, abs=0.05)


def test_a_waterfall_begins_where_the_part_above_ended():
    svg = falls().wide
    up, down, total = drawn.rects(svg, "up"), drawn.rects(svg, "down"), drawn.rects(svg, "total")
    (zero, *_), *_ = drawn.lines(svg, "axis")
    assert up[0][0] == pytest.approx(zero, abs=0.02)
    assert down[0][0] + down[0][2] == pytest.approx(up[0][0] + up[0][2], abs=0.02)
    assert up[1][0] == pytest.approx(down[0][0], abs=0.02)
    assert total[0][0] == pytest.approx(up[1][0] + up[1][2], abs=0.02)
    assert total[0][0] + total[0][2] == pytest.approx(zero, abs=0.02)


def test_a_waterfall_ends_at_the_sum_of_its_parts():
    assert drawn.words(falls().wide)[-1] == "−23.022\N{NO-BREAK SPACE}kr."


def test_what_is_cheaper_lies_left_of_zero():
    svg = changes().wide
    (zero, *_), *_ = drawn.lines(svg, "axis")
    dearer, cheaper = drawn.rects(svg, "party")
    assert dearer[0] == pytest.approx(zero, abs=0.02)
    assert cheaper[0] + cheaper[2] == pytest.approx(zero, abs=0.02)
    assert cheaper[2] / dearer[2] == pytest.approx(4_845_800 / 1_879_100, abs=0.001)


def test_a_funnel_is_widest_where_observations_are_fewest():
    paths = re.findall(r'<path d="M([^"]+)" class="ch-limit"', tunnel().wide)
    lower, upper = ([float(point.split(",")[1]) for point in path.split("L")] for path in paths)
    assert lower[0] - upper[0] > lower[-1] - upper[-1] > 0


def test_without_a_target_no_line_is_drawn():
    assert ("Mål 90 %" in shares().wide, "Mål 90 %" in shares(target=None).wide) == (True, False)
    assert shares(target=None).wide.count('class="ch-plan"') == 0


def test_a_funnel_keeps_to_the_limits_it_is_given():
    drawing = tunnel(limits=lambda counts: [(0.9, 0.91, 0.95, 0.96) for _ in counts])
    for look in ("limit", "limit-2"):
        for path in re.findall(rf'<path d="M([^"]+)" class="ch-{look}"', drawing.wide):
            assert len({point.split(",")[1] for point in path.split("L")}) == 1


@pytest.mark.parametrize(
    ("used", "state", "length"),
    [(0.0, "ok", "0.0"), (0.72, "warn", "216.0"), (1.4, "err", "300.0"), (-1, "pause", "0.0")],
)
def test_the_bar_under_a_clock_is_never_longer_than_full(used, state, length):
    assert f'<rect width="{length}" height="8" rx="4" class="ch-sla-{state}"/>' in clock_bar(used, state)


def test_a_clock_bar_refuses_a_state_it_does_not_know():
    with pytest.raises(ValueError, match="A clock is"):
        clock_bar(0.5, "late")


# The pieces ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 6.9, [0, 2, 4, 6]),
        (0, 470, [0, 200, 400]),
        (-10, 30, [-10, 0, 10, 20, 30]),
        (0.86, 0.97, [0.9, 0.95]),
    ],
)
def test_ticks_are_round(low, high, expected):
    assert ticks(low, high) == expected


def test_labels_keep_their_order_and_their_distance():
    assert spread([10, 12, 11, 90], gap=16, low=0, high=100) == [10, 42, 26, 90]
    assert spread([90, 95, 100], gap=16, low=0, high=100) == [68, 84, 100]


def test_a_scale_maps_its_ends():
    y = Scale(0, 10, 200, 20)
    assert [y(0), y(5), y(10)] == [200, 110, 20]


def test_what_fits_is_left_alone():
    assert fit("Nordby", 100) == "Nordby"
    assert fit("Nordby", 0) == "…"
    assert text_width(fit("Informationssikkerhed", 80, bold=True), bold=True) <= 80


ZEROS = {
    "months": lambda: stacked_months(["jan"], [NORDBY], [[0]], title="x", budget=[0]),
    "goals": lambda: goal_bars([Goal(NORDBY, 0, "0", "0", True)], goal=0, plan=0, words=("0", "0"), title="x"),
    "budgets": lambda: budget_bars([Spending("IT", 0, 0, "0", False)], title="x"),
    "shares": lambda: intervals(
        [("x", [Share(NORDBY, None, None, None, "0")])], target=0.0, target_text="0", title="x"
    ),
    "sure": lambda: intervals([("x", [Share(NORDBY, 1.0, 1.0, 1.0, "1")])], target=1.0, target_text="1", title="x"),
    "queue": lambda: queue_lines(
        ["uge 1"], received=Series("a", [0]), solved=Series("b", [0]), open_=Series("c", [0]), title="x"
    ),
    "flows": lambda: flow([Pool("a", "b", (0,))], [NORDBY], headings=("a", "b", "c"), title="x"),
    "falls": lambda: waterfall([], total_name="0", title="x"),
    "changes": lambda: diverging_bars([Change(NORDBY, 0, "0")], ends=("a", "b"), title="x"),
    "tunnel": lambda: funnel([Observed(NORDBY, 1, 1.0)], joint_rate=1.0, words=("a", "b"), title="x"),
}


@pytest.mark.parametrize("name", ZEROS)
def test_a_month_without_anything_is_drawn_too(name):
    for svg in ZEROS[name]():
        drawn.parse(svg)
        assert "nan" not in svg
        assert (drawn.outside(svg), drawn.overlapping(svg)) == ([], [])
