cat part-*.txt | tee product.txt
