"""A stage that is added to the table is executed, drawn and listed, without another change.

A copy of the product gets the row. What it must do then is in the files `added_stage.py` beside the tests of each part.
"""

from .copies import copy_to, failed_and_passed

CHECKS = [f"tests/unit/{part}/added_stage.py" for part in ("orchestrator", "dashboard", "dbproxy", "cli")]
ROW = '    StageSpec("sign", "tester", ("test",), ("full", "sign")),\n'
KIND = '    KindSpec("sign", "image"),\n'


def test_a_row_in_the_table_is_enough(tmp_path):
    copy = copy_to(tmp_path)
    failed, _ = before = failed_and_passed(copy, *CHECKS)
    assert before == (failed, 0) and failed >= 10, "they pass without the row"
    table = copy / "common" / "wire" / "stages.py"
    text = table.read_text().replace('    StageSpec("promote", "deployer", ("scan", "test"),',
                                     ROW + '    StageSpec("promote", "deployer", ("scan", "sign"),')
    table.write_text(text.replace('    KindSpec("rollback", "former"),\n', KIND + '    KindSpec("rollback", "former"),\n'))
    assert failed_and_passed(copy, *CHECKS) == (0, failed)
