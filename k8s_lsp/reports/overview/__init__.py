"""What the findings of many files come to: one page for those who answer for them."""
