"""What was found once by exploring holds from then on: every file of regressions/ is run again.

`pytest -m chaos --chaos-save scenarios/test_explore.py` puts them there, `brownout replay FILE` repeats one of them.
"""

from pathlib import Path
from typing import Final

import pytest

from chaos.experiment import Experiment
from chaos.exploring.regression import FOLDER, Regression, regressions

FILES: Final = regressions(Path(__file__).with_name(FOLDER))


@pytest.mark.chaos
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_failure_of_the_past_stays_mended(experiment: Experiment, file: Path) -> None:
    regression = Regression.load(file)
    case = regression.case
    run = await experiment(
        case.workload, case.schedule, system=case.system, seed=case.seed, shrunk_from=regression.shrunk_from
    )
    run.holds(*case.judges)
