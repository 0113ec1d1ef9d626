"""Generated respondents with known truth, for any questionnaire."""
