mkdir -p published
cp product.txt published/
echo "published: $(wc -l < product.txt) parts"
