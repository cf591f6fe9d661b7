// Hand-written assembly: code without function symbols, one section with a label, one without; a call into the middle.
asm(".section \"classifier\",\"ax\",@progbits\n"
    "  r0 = 1\n"
    "  exit\n"
    ".section \"action\",\"ax\",@progbits\n"
    ".globl entry\n"
    "entry:\n"
    "  .8byte 0x0000000100001085\n"  // Calls the third instruction.
    "  exit\n"
    "  r0 = 2\n"
    "  exit\n");
