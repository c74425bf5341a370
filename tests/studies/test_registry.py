import pytest

from separatrix.errors import SeparatrixError
from separatrix.studies.registry import find_study, list_studies


def test_studies_are_found_by_looking(toys):
    assert [study.slug for study in list_studies()] == ["toy-study"]
    assert find_study("toy-study").slug == "toy-study"


@pytest.mark.parametrize(("slug", "hint"), [("toy-stud", "Did you mean 'toy-study'"), ("xyz", "There are: toy-study")])
def test_an_unknown_study_is_told_with_the_closest(toys, slug, hint):
    with pytest.raises(SeparatrixError, match=hint):
        find_study(slug)


@pytest.mark.parametrize("slug", ["verdict", "runner", "toy_study", ""])
def test_parts_of_the_protocol_are_no_studies(toys, slug):
    with pytest.raises(SeparatrixError, match="There is no study"):
        find_study(slug)
