"""The words: needs, self-care pieces, helplines, groups, programmes, measures, safety rules, and their loader."""

from content.equality import Equality, EqualityQuestion
from content.groups import Group, Meetings
from content.helplines import Helpline, Way
from content.items import Item
from content.library import Content
from content.loader import load
from content.measures import Measure, MeasureQuestion
from content.needs import Need
from content.problems import ContentError, Problem
from content.programmes import Programme, Step
from content.review import check
from content.safety_rules import SafetyRules
from content.templates import Template

__all__ = [
    "Content",
    "ContentError",
    "Equality",
    "EqualityQuestion",
    "Group",
    "Helpline",
    "Item",
    "Measure",
    "MeasureQuestion",
    "Meetings",
    "Need",
    "Problem",
    "Programme",
    "SafetyRules",
    "Step",
    "Template",
    "Way",
    "check",
    "load",
]
