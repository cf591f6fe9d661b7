// The only function is a program, although it lies where subprograms do.
int alone(void* ctx) { return 2; }
