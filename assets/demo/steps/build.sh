# Each worker of a group knows which one it is, and of how many.
part="part $THREADOS_WORKER_INDEX"
for n in 1 2 3; do
  echo "$part: $n of 3"
  sleep "0.$((THREADOS_WORKER_INDEX + 1))"
done
echo "$part" > "part-$THREADOS_WORKER_INDEX.txt"
