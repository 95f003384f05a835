// Functions by the versions that glibc 2.28 and the libstdc++ of GCC 8 have, so that a build made on a newer
// system loads wherever LibTorch itself does. The linker takes these hidden definitions before the system's.

#include <features.h>

#if defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__))

#include <condition_variable>
#include <mutex>
#include <new>

#define HIDDEN __attribute__((visibility("hidden")))
#define FROM(ours, theirs) __asm__(".symver " #ours ", " theirs)

// The version of what glibc has had since its first release for the processor.
#ifdef __aarch64__
#define FIRST "@GLIBC_2.17"
#else
#define FIRST "@GLIBC_2.2.5"
#endif

extern "C" {

// glibc 2.32, read by shared_ptr: 0 has it count atomically, as it must in a process with threads.
extern HIDDEN char __libc_single_threaded;
char __libc_single_threaded = 0;

// The mathematics of 2.29 differ only in how they report errors.
double dcgan_exp(double x);
double dcgan_log(double x);
double dcgan_pow(double x, double y);
FROM(dcgan_exp, "exp" FIRST);
FROM(dcgan_log, "log" FIRST);
FROM(dcgan_pow, "pow" FIRST);
HIDDEN double exp(double x) { return dcgan_exp(x); }
HIDDEN double log(double x) { return dcgan_log(x); }
HIDDEN double pow(double x, double y) { return dcgan_pow(x, y); }

// 2.34 moved these from libdl, which Node.js has loaded, to libc.
void* dcgan_dlopen(const char* file, int mode);
void* dcgan_dlsym(void* handle, const char* name);
char* dcgan_dlerror();
int dcgan_dladdr(const void* address, void* info);
FROM(dcgan_dlopen, "dlopen" FIRST);
FROM(dcgan_dlsym, "dlsym" FIRST);
FROM(dcgan_dlerror, "dlerror" FIRST);
FROM(dcgan_dladdr, "dladdr" FIRST);
HIDDEN void* dlopen(const char* file, int mode) { return dcgan_dlopen(file, mode); }
HIDDEN void* dlsym(void* handle, const char* name) { return dcgan_dlsym(handle, name); }
HIDDEN char* dlerror() { return dcgan_dlerror(); }
HIDDEN int dladdr(const void* address, void* info) { return dcgan_dladdr(address, info); }

// std::condition_variable::wait has a second version since GCC 12, which throws nothing.
#define WAIT "_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE"
void dcgan_wait(std::condition_variable* self, std::unique_lock<std::mutex>& lock);
FROM(dcgan_wait, WAIT "@GLIBCXX_3.4.11");
HIDDEN void dcgan_portable_wait(std::condition_variable* self,
                                std::unique_lock<std::mutex>& lock) __asm__(WAIT);
void dcgan_portable_wait(std::condition_variable* self, std::unique_lock<std::mutex>& lock) {
  dcgan_wait(self, lock);
}

// GCC 11 and later call this function where a vector's size would overflow. libstdc++ has it since 3.4.29.
[[noreturn]] HIDDEN void dcgan_bad_array_new_length() __asm__("_ZSt28__throw_bad_array_new_lengthv");
void dcgan_bad_array_new_length() { throw std::bad_array_new_length(); }

}  // extern "C"

#endif
