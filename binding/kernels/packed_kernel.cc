#include "kernels/packed_kernel.h"

#include "kernels/elementwise.h"

namespace dcgan::kernels {

namespace {

/// Calls `body(tap, row, column)` for every element of a kernel, in parallel. The order follows memory: the
/// taps of a pair of rows, or the rows of one tap, come one after another.
template <class Body>
void each_element(Axis taps, Axis rows, Axis columns, const Body& body) {
  if (rows.stride == 1) {
    each(taps.count, [&](Index tap) {
      for (Index n = 0; n < columns.count; ++n) {
        for (Index k = 0; k < rows.count; ++k) body(tap, k, n);
      }
    });
    return;
  }
  each((rows.count + 1) / 2, [&](Index pair) {
    for (Index tap = 0; tap < taps.count; ++tap) {
      for (Index k = 2 * pair; k < std::min(2 * pair + 2, rows.count); ++k) {
        for (Index n = 0; n < columns.count; ++n) body(tap, k, n);
      }
    }
  });
}

/// A part of a kernel: a matrix in its parameter, and the transposed matrix in its planes. Each begins at an
/// element, and its rows are a distance apart.
struct Part {
  Index parameter;
  Index parameter_row;
  Index planes;
  Index planes_row;
  Index length;  // of a row in the parameter. In the planes, a row has all columns
};

/// True if the taps or the rows are contiguous in the parameter, so that a kernel has parts.
bool has_parts(Axis taps, Axis rows) { return taps.stride == 1 || rows.stride == 1; }

/// Calls `body(part)` for the parts of a kernel, in parallel. A part has all rows of a tap, if rows are
/// contiguous in the parameter, or all taps of a row.
template <class Body>
void each_part(Axis taps, Axis rows, Axis columns, const Body& body) {
  const Index plane = rows.count * columns.count;
  if (rows.stride == 1) {
    each(taps.count, [&](Index tap) {
      body(Part{tap * taps.stride, columns.stride, tap * plane, columns.count, rows.count});
    });
  } else {
    each(rows.count,
         [&](Index k) { body(Part{k * rows.stride, columns.stride, k * columns.count, plane, taps.count}); });
  }
}

template <class S>
void pack_planes(const SumOf<S>* source, Axis taps, Axis rows, Axis columns, S* out) {
  if constexpr (!kPairs<S>) {
    if (has_parts(taps, rows)) {
      each_part(taps, rows, columns, [&](const Part& part) {
        elementwise<S>().transpose(source + part.parameter, part.parameter_row, {columns.count, part.length},
                                   out + part.planes, part.planes_row);
      });
      return;
    }
  }
  const Index plane = padded<S>(rows.count) * columns.count;
  each_element(taps, rows, columns, [&](Index tap, Index k, Index n) {
    out[tap * plane + packed_index<S>(k, n, columns.count)] =
        narrow<S>(source[tap * taps.stride + k * rows.stride + n * columns.stride]);
  });
  if (padded<S>(rows.count) == rows.count) return;
  for (Index tap = 0; tap < taps.count; ++tap) {
    for (Index n = 0; n < columns.count; ++n) {
      out[tap * plane + packed_index<S>(rows.count, n, columns.count)] = S{};
    }
  }
}

}  // namespace

KernelLayout convolution_layout(Index in, Index out, Index taps) {
  return {{in, taps}, {out, in * taps}, {taps, 1}};
}

KernelLayout transposed_layout(Index in, Index out, Index taps) {
  return {{in, out * taps}, {out, taps}, {taps, 1}};
}

KernelLayout dense_layout(Index in, Map out) {
  return {{in, 1}, {out.channels, out.pixels() * in}, {out.pixels(), in}};
}

template <class S>
void PackedKernel<S>::pack_in_by_out(const A* weight) {
  const auto& [in, out, taps] = layout_;
  pack_planes<S>(weight, taps, in, out, in_by_out_.get(taps.count * padded<S>(in.count) * out.count));
}

template <class S>
void PackedKernel<S>::pack_out_by_in(const A* weight) {
  const auto& [in, out, taps] = layout_;
  pack_planes<S>(weight, taps, out, in, out_by_in_.get(taps.count * padded<S>(out.count) * in.count));
}

template <class S>
void unpack_gradient(const SumOf<S>* sums, Index parts, const KernelLayout& layout, SumOf<S>* gradient) {
  using A = SumOf<S>;
  const auto& [in, out, taps] = layout;
  const Index plane = padded<S>(in.count) * out.count;
  if (parts == 1 && padded<S>(in.count) == in.count && has_parts(taps, in)) {
    each_part(taps, in, out, [&, columns = out.count](const Part& part) {
      elementwise<A>().transpose(sums + part.planes, part.planes_row, {part.length, columns},
                                 gradient + part.parameter, part.parameter_row);
    });
    return;
  }
  each_element(taps, in, out, [&, in = in, out = out, taps = taps](Index tap, Index k, Index n) {
    A sum = 0;
    for (Index part = 0; part < parts; ++part) sum += sums[(tap * parts + part) * plane + k * out.count + n];
    gradient[tap * taps.stride + k * in.stride + n * out.stride] = sum;
  });
}

template class PackedKernel<float>;
template class PackedKernel<double>;
template class PackedKernel<BFloat16>;
template void unpack_gradient<float>(const float*, Index, const KernelLayout&, float*);
template void unpack_gradient<double>(const double*, Index, const KernelLayout&, double*);
template void unpack_gradient<BFloat16>(const float*, Index, const KernelLayout&, float*);

}  // namespace dcgan::kernels
