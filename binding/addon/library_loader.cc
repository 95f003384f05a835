#include "addon/library_loader.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>

namespace dcgan {

namespace {

std::mutex mutex;
const TrainingLibrary* opened = nullptr;

void* open(const std::string& file) {
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw Error("ERR_DCGAN_NATIVE_NOT_FOUND", dlerror());
  return handle;
}

/// Shortens OpenMP's spin while libgomp is loaded, which reads the variable then. By default, OpenMP's
/// threads spin for milliseconds after each parallel loop. On shared processors they then starve the threads
/// of the loop: training next to a second process was ten times slower. A short spin costs nothing on a free
/// processor. The user's own setting is kept.
class ShortSpin {
 public:
  ShortSpin() : ours_(getenv("GOMP_SPINCOUNT") == nullptr && getenv("OMP_WAIT_POLICY") == nullptr) {
    if (ours_) setenv("GOMP_SPINCOUNT", "10000", 1);
  }
  ~ShortSpin() {
    if (ours_) unsetenv("GOMP_SPINCOUNT");
  }
  ShortSpin(const ShortSpin&) = delete;
  ShortSpin& operator=(const ShortSpin&) = delete;

 private:
  bool ours_;
};

std::string own_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0) {
    throw Error("ERR_DCGAN_NATIVE_NOT_FOUND", "the folder of the addon is not known");
  }
  const std::string file = info.dli_fname;
  return file.substr(0, file.find_last_of('/'));
}

}  // namespace

void open_library(const std::string& folder) {
  const std::lock_guard lock(mutex);
  if (opened != nullptr) return;
  const ShortSpin short_spin;
  open(folder + "/libtorch.so");
  // A CUDA build registers its kernels when it is loaded, and nothing else would load it.
  const std::string cuda = folder + "/libtorch_cuda.so";
  if (access(cuda.c_str(), F_OK) == 0) open(cuda);
  void* training = open(own_folder() + "/libdcgan_training.so");
  const auto entry = reinterpret_cast<TrainingLibraryEntry>(dlsym(training, kTrainingLibraryEntry));
  if (entry == nullptr) throw Error("ERR_DCGAN_NATIVE_NOT_FOUND", dlerror());
  opened = entry();
}

const TrainingLibrary& library() {
  const std::lock_guard lock(mutex);
  if (opened == nullptr) throw Error("ERR_DCGAN_NATIVE_NOT_FOUND", "LibTorch is not loaded yet");
  return *opened;
}

}  // namespace dcgan
