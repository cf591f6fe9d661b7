// Texts that are too long, and those that are as long as they may be: constant, so that no run leaves them changed.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int bpf_strcmp(const char* one, const char* other) __ksym;
extern int bpf_strcasecmp(const char* one, const char* other) __ksym;
extern int bpf_strchr(const char* text, char wanted) __ksym;
extern int bpf_strchrnul(const char* text, char wanted) __ksym;
extern int bpf_strnchr(const char* text, __u64 most, char wanted) __ksym;
extern int bpf_strrchr(const char* text, int wanted) __ksym;
extern int bpf_strlen(const char* text) __ksym;
extern int bpf_strnlen(const char* text, __u64 most) __ksym;
extern int bpf_strspn(const char* text, const char* accepted) __ksym;
extern int bpf_strcspn(const char* text, const char* rejected) __ksym;
extern int bpf_strstr(const char* text, const char* wanted) __ksym;
extern int bpf_strnstr(const char* text, const char* wanted, __u64 most) __ksym;

char text[] = "hello, world";
/// 65536 letters: one more than a text may have.
const char huge[65537] = {[0 ... 65535] = 'a'};
#define longest (huge + 1)

#define CASE(name, expression) \
  SEC("tc") int name(struct __sk_buff* skb) { return expression; }

CASE(bpf_strlen__E2BIG, bpf_strlen(huge))
CASE(bpf_strlen__of_the_longest, bpf_strlen(longest))
CASE(bpf_strnlen__E2BIG, bpf_strnlen(huge, 70000))
CASE(bpf_strchr__E2BIG, bpf_strchr(huge, 'z'))
CASE(bpf_strchrnul__E2BIG, bpf_strchrnul(huge, 'z'))
CASE(bpf_strnchr__E2BIG, bpf_strnchr(huge, 70000, 'z'))
CASE(bpf_strrchr__E2BIG, bpf_strrchr(huge, 'z'))
CASE(bpf_strcmp__of_huge_texts, bpf_strcmp(huge, huge))
CASE(bpf_strcmp__of_huges, bpf_strcmp(huge, huge))
CASE(bpf_strcmp__of_the_longest, bpf_strcmp(longest, longest))
CASE(bpf_strcmp__huge_in_a_text, bpf_strcmp(text, huge))
CASE(bpf_strcmp__a_text_in_huge, bpf_strcmp(huge, text))
CASE(bpf_strcmp__a_letter_in_huge, bpf_strcmp(huge, "a"))
CASE(bpf_strcmp__huge_among_letters, bpf_strcmp("aaab", huge))
CASE(bpf_strspn__of_huge_texts, bpf_strspn(huge, huge))
CASE(bpf_strspn__of_huges, bpf_strspn(huge, huge))
CASE(bpf_strspn__of_the_longest, bpf_strspn(longest, longest))
CASE(bpf_strcspn__of_huge_texts, bpf_strcspn(huge, huge))
CASE(bpf_strcspn__of_huges, bpf_strcspn(huge, huge))
CASE(bpf_strcspn__of_the_longest, bpf_strcspn(longest, longest))
CASE(bpf_strcspn__huge_in_a_text, bpf_strcspn(text, huge))
CASE(bpf_strcspn__a_text_in_huge, bpf_strcspn(huge, text))
CASE(bpf_strcspn__a_letter_in_huge, bpf_strcspn(huge, "a"))
CASE(bpf_strcspn__huge_among_letters, bpf_strcspn("aaab", huge))
CASE(bpf_strnstr__of_huge_texts, bpf_strnstr(huge, huge, 70000))
CASE(bpf_strnstr__of_huges, bpf_strnstr(huge, huge, 70000))
CASE(bpf_strnstr__of_the_longest, bpf_strnstr(longest, longest, 70000))
CASE(bpf_strnlen__of_65536, bpf_strnlen(huge, 65536))
CASE(bpf_strnlen__of_65535, bpf_strnlen(huge, 65535))
CASE(bpf_strnchr__in_65536, bpf_strnchr(huge, 65536, 'b'))
CASE(bpf_strnchr__in_65535, bpf_strnchr(huge, 65535, 'b'))
CASE(bpf_strnstr__in_65536, bpf_strnstr(huge, "b", 65536))
CASE(bpf_strnstr__in_65535, bpf_strnstr(huge, "b", 65535))
CASE(bpf_strnstr__E2BIG, bpf_strnstr(huge, "b", 70000))
CASE(bpf_strstr__E2BIG, bpf_strstr(huge, "b"))
CASE(bpf_strrchr__in_huge, bpf_strrchr(huge, 'a'))
CASE(bpf_strcmp__E2BIG, bpf_strcmp(huge, huge))
CASE(bpf_strcasecmp__E2BIG, bpf_strcasecmp(huge, huge))
CASE(bpf_strspn__E2BIG, bpf_strspn(huge, "a"))
CASE(bpf_strcspn__E2BIG, bpf_strcspn(huge, "b"))

char _license[] SEC("license") = "GPL";
