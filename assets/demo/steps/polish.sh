for n in 1 2 3 4; do
  echo "polishing: $n of 4"
  sleep 0.5
done
