"""Kits without a plain half adder: trees begin with forms that the kit has."""

import dataclasses

import numpy as np

from eda.arith.domac.bank import HALF
from eda.arith.domac.characterise import composite_bank
from eda.arith.domac.optimize import _with_forms_of
from eda.arith.generate import Config, begin
from eda.arith.library_delays import library_delays
from eda.arith.trees import compress
from eda.tech.pdk import find_pdk


def test_a_compressor_whose_form_is_absent_takes_the_first_one_of_the_bank():
    pdk = find_pdk("nangate45")
    bank = composite_bank(pdk)
    tree = compress("dadda", begin(Config("multiplier", 6)).heap.with_constant_dots(), library_delays(pdk))
    absent = max(map(max, bank.impl)) + 1
    odd = np.where(tree.is_full, tree.impl, absent)
    mended = _with_forms_of(bank, dataclasses.replace(tree, impl=odd))
    assert not np.isin(mended.impl[~tree.is_full], [absent]).any()
    assert set(mended.impl[~tree.is_full].tolist()) == {bank.impl[HALF][0]}
    assert (mended.impl[tree.is_full] == tree.impl[tree.is_full]).all()
