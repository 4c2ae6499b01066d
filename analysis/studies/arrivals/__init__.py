"""The study ``arrivals``: where cosmic rays above 32 EeV come from."""
