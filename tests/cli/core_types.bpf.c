// The answer to core.bpf.c, for --btf.
enum saya_verdict { SAYA_VERDICT = 1 } verdict;
