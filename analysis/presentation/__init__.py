"""Presentation: released rows as tables, charts, maps and sentences, and reports made of them.

============================  ================================================================
``blocks``                    what a report is made of
``theme typeface drawing``    the look: colours, sizes, text as outlines, the SVG canvas
``numbers wording phrases/``  how a language writes numbers, and its phrases
``rows naming scene``         released rows, what things are called, both seen from one place
``tables charts/ maps``       rows shown
``sentences findings``        rows said
``methods profile annexes``   what the run, the territory and the definitions tell
``proposals``                 what the rules propose
``makeup report``             a report as data, and its chapters
``study_results``             the same, asked for one by one
============================  ================================================================
"""
