"""Tests of the comparison itself: python3 -m unittest discover -s tests/cases -p '*_test.py'"""
import unittest

import match


class Lines(unittest.TestCase):
    def fits(self, patterns, actual, captures=None):
        match.lines(patterns, actual, {} if captures is None else captures)

    def differs(self, patterns, actual, captures=None):
        with self.assertRaises(match.Mismatch):
            self.fits(patterns, actual, captures)

    def test_json_ignores_spaces_and_order(self):
        self.fits(['{"a": 1, "b": [true, null]}'], '{"b":[true,null],"a":1}\n')

    def test_keys_may_not_be_missing_or_too_many(self):
        self.differs(['{"a": 1}'], '{"a":1,"b":2}')
        self.differs(['{"a": 1, "b": "*"}'], '{"a":1}')
        self.fits(['{"a": 1, "...": 0}'], '{"a":1,"b":2}')

    def test_types_differ(self):
        self.differs(['{"a": 1}'], '{"a":"1"}')
        self.differs(['{"a": 1}'], '{"a":true}')
        self.differs(['{"a": "x*"}'], '{"a":null}')

    def test_kinds(self):
        self.fits(['{"a": "<int>"}'], '{"a":5}')
        self.differs(['{"a": "<int>"}'], '{"a":"5"}')
        self.differs(['{"a": "<uuid>"}'], '{"a":"0"}')
        self.differs(['{"a": "<string>"}'], '{"a":""}')

    def test_arrays(self):
        self.differs(['{"a": ["*"]}'], '{"a":[1,2]}')
        self.fits(['{"a": ["*", "..."]}'], '{"a":[1,2]}')
        self.differs(['{"a": ["*", "..."]}'], '{"a":[]}')

    def test_number_of_lines(self):
        self.differs(['{"a": 1}'], '{"a":1}\n{"b":1}\n')
        self.differs(['{"a": 1}', '{"b": 1}'], '{"a":1}\n')
        self.fits(['{"a": 1}', '...'], '{"a":1}\n{"b":1}\n{"c":1}\n')
        self.fits(['...', '{"c": 1}'], '{"a":1}\n{"b":1}\n{"c":1}\n')
        self.differs(['...', '{"b": 1}'], '{"a":1}\n{"b":1}\n{"c":1}\n')

    def test_captures_hold(self):
        captures = {}
        self.fits(['{"a": "{{x}}"}'], '{"a":"v"}', captures)
        self.assertEqual(captures, {"x": "v"})
        self.differs(['{"b": "{{x}}"}'], '{"b":"w"}', captures)
        self.fits(['{"b": "p{{x}}s"}'], '{"b":"pvs"}', captures)

    def test_text_is_a_glob(self):
        self.fits(["PAR1*"], "PAR1 and\nmore"[:8])
        self.differs(["PAR1"], "PAR1 ")
        self.differs(["a.c"], "abc")


if __name__ == "__main__":
    unittest.main()
