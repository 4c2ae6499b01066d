"""Readers of events: one module a format of files.

A reader is a function of a study or of this package: ``read(file, schema, start, stop, settings)``. It takes those of
these arguments that it names:

- ``file``: a :class:`~analysis.readers.data_file.DataFile`, a binary file open for reading, on this machine or on a
  server; ``file.path`` is its local path where it has one;
- ``schema``: the data set's :class:`~analysis.schema.Schema`, or ``None``;
- ``start``, ``stop``: the events wanted, counted within the file; ``events``: how many the catalogue says it has;
- ``settings``: of the step.

It returns columns by their names in the file, a mapping or a record array, each with ``stop - start`` events: arrays
of NumPy or awkward, with missing values where the file has none. What is done to all formats alike is done after it
(:mod:`analysis.readers.columns`): names, types, missing values, the search for what is not a number, identities.

The module of a reader may have a second function, ``describe(file, tree)``, which DescribeFiles asks
(:class:`~analysis.readers.description.Description`).
"""
