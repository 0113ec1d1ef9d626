"""Publishing: notebooks run and written as HTML, PDF and Excel."""
