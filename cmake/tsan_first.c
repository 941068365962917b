/* Preloaded with the thread sanitizer's runtime. That one needs the C++ library, whose start-up code
   calls what the runtime intercepts before the runtime has set itself up (clang 14: a segmentation
   fault). This library is started first (-z initfirst) and sets it up. */
void __tsan_init(void);

__attribute__((constructor)) static void first(void) { __tsan_init(); }
