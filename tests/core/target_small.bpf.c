// A kernel that has almost nothing: a struct too short for its arrays, one whose declaration is all there is.
struct arrays {
  int plain[1];
  int last[0];
  int added;
} arrays_;
struct either;
struct holder {
  struct either* seen;
  void* hidden;
} holder_;
