"""H -> tau tau -> mu tau_h in proton-proton collisions at 8 TeV: CMS Open Data of 2012, real and fully simulated.

A reduced version of the analysis in S. Wunsch, "Analysis of Higgs boson decays to two tau leptons using data and
simulation of events at the CMS detector from 2012", CERN Open Data Portal, DOI 10.7483/OPENDATA.CMS.GV20.PR5T.
"""
