"""What is fast where it is felt: each file asks one question and answers it in ratios to a named peer."""
