test "$(wc -l < product.txt)" -eq 3 && echo "all three parts are there"
