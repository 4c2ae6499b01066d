"""The composition of cosmic rays: fractions of primaries from measured depths of shower maximum."""
