"""Charts as SVG from the server: the same on screen, on paper and in a PDF, without a script.

Every function returns a Drawing: one SVG for a wide place, one for a phone, each an image whose title is the conclusion
in numbers. `{% figure %}` puts one on a page together with its finding and its table. Amounts and shares are drawn as
given; how they are written is the caller's `show`.
"""

from servicecenter.charts.budget import Spending, budget_bars
from servicecenter.charts.clocks import clock_bar
from servicecenter.charts.columns import stacked_months
from servicecenter.charts.diverging import Change, diverging_bars
from servicecenter.charts.figure import Figure
from servicecenter.charts.flows import Pool, flow
from servicecenter.charts.goals import Goal, goal_bars
from servicecenter.charts.intervals import Observed, Share, funnel, intervals
from servicecenter.charts.lines import Series, queue_lines
from servicecenter.charts.svg import FULL, NARROW, WIDE, Drawing, Party
from servicecenter.charts.waterfall import Step, waterfall

__all__ = [
    "FULL",
    "NARROW",
    "WIDE",
    "Change",
    "Drawing",
    "Figure",
    "Goal",
    "Observed",
    "Party",
    "Pool",
    "Series",
    "Share",
    "Spending",
    "Step",
    "budget_bars",
    "clock_bar",
    "diverging_bars",
    "flow",
    "funnel",
    "goal_bars",
    "intervals",
    "queue_lines",
    "stacked_months",
    "waterfall",
]
