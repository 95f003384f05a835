#pragma once

#include <cstdlib>
#include <memory>

#include "kernels/team.h"
#include "pages.h"

namespace dcgan::kernels {

/// Memory that grows to the largest requested size, and is reused from step to step.
template <class T>
class Buffer {
 public:
  T* get(Index count) {
    if (count > count_) {
      memory_.reset();  // freed before the larger one is taken
      count_ = 0;
      memory_.reset(static_cast<T*>(allocate_pages(static_cast<std::size_t>(count) * sizeof(T))));
      count_ = count;
    }
    return data();
  }
  T* data() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };

  std::unique_ptr<T, Free> memory_;
  Index count_ = 0;
};

/// A piece of scratch memory for each thread of the model.
template <class T>
class Scratch {
 public:
  void resize(Index elements) {
    elements_ = elements;
    buffer_.get(elements * thread_count());
  }
  T* of_this_thread() const { return buffer_.data() + thread_number() * elements_; }

 private:
  Index elements_ = 0;
  Buffer<T> buffer_;
};

}  // namespace dcgan::kernels
