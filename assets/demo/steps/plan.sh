echo "reading the wishes"
sleep 0.5
echo "three parts to build" | tee plan.txt
