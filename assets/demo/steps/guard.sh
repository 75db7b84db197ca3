# A watchdog looks at what its step has printed. If this fails, the step is ended.
! grep -q scratch "$THREADOS_WATCH_STDOUT"
