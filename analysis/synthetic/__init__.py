"""Generated respondents with known truth, made from any study's questionnaire.

See ``docs/synthetic.md``.
"""

from analysis.synthetic.parameters import Generator, read_generator
from analysis.synthetic.people import People
from analysis.synthetic.population import Population, build_population
from analysis.synthetic.refusals import refuse
from analysis.synthetic.respondents import (
    SyntheticData,
    make_respondents,
    sample_frame,
    write_synthetic,
)
from analysis.synthetic.response import DrawnSample, ResponseModel, draw_sample, response_model
from analysis.synthetic.streams import stream, streams
from analysis.synthetic.truth import Domains, answer_truth, domains, true_table, true_values
from analysis.synthetic.writers import write_survey

__all__ = [
    "Domains",
    "DrawnSample",
    "Generator",
    "People",
    "Population",
    "ResponseModel",
    "SyntheticData",
    "answer_truth",
    "build_population",
    "domains",
    "draw_sample",
    "make_respondents",
    "read_generator",
    "refuse",
    "response_model",
    "sample_frame",
    "stream",
    "streams",
    "true_table",
    "true_values",
    "write_survey",
    "write_synthetic",
]
