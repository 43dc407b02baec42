"""Why an Evaluation's numbers are what they are: each boundary by the rules, term by term."""
