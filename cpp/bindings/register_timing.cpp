// The kernels by the clock, without Python between them: what the benchmarks are made of.
#include <pybind11/stl.h>

#include "array.hpp"
#include "host.hpp"
#include "ipgd/base/normal.hpp"
#include "ipgd/operators/dense/dense.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

// Seconds of the fastest of `repeats` calls.
template <class Work>
double fastest(Index repeats, const Work& work) {
  double seconds = INFINITY;
  for (Index i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    seconds = std::min(seconds, elapsed.count());
  }
  return seconds;
}

std::vector<double> normals(Index n) {
  std::vector<float> z(static_cast<std::size_t>(n));
  fill_normal(0, 0, 0, n, z.data());
  return {z.begin(), z.end()};
}

double time_pass(const StoredOperator& op, Index batch, Index repeats, std::optional<Index> chunks,
                 std::optional<int> n_threads) {
  const Index size = op.rows() * op.cols(), m = op.measurements();
  if (batch < 1 || repeats < 1 || chunks.value_or(1) < 1)
    throw InvalidArgument("batch, repeats, chunks", "numbers >= 1", "less");
  const std::vector<double> theta = normals(size), y = normals(m);
  std::vector<double> r(static_cast<std::size_t>(checked_product({batch, m}))),
      G(static_cast<std::size_t>(checked_product({batch, size})));
  const std::vector<ThetaView> views(static_cast<std::size_t>(batch),
                                     ThetaView::assembled(theta.data(), op.rows(), op.cols()));
  const std::vector<const double*> ys(views.size(), y.data());
  std::vector<double*> rs, Gs;
  for (Index k = 0; k < batch; ++k) {
    rs.push_back(r.data() + k * m);
    Gs.push_back(G.data() + k * size);
  }
  return compute(n_threads, [&](const Execution& execution) {
    const auto workspace = chunks ? op.workspace(batch, *chunks) : op.workspace(batch);
    return fastest(repeats, [&] {
      op.residual_adjoint(batch, views.data(), ys.data(), rs.data(), Gs.data(), *workspace,
                          execution);
    });
  });
}

double time_read(const StoredOperator& op, Index repeats, std::optional<int> n_threads) {
  if (repeats < 1) throw InvalidArgument("repeats", "a number >= 1", std::to_string(repeats));
  return compute(n_threads, [&](const Execution& execution) {
    return fastest(repeats, [&] { op.read(execution); });
  });
}

}  // namespace

void register_timing(py::module_& m) {
  m.def("time_pass", &time_pass, py::arg("operator"), py::arg("batch") = 1, py::arg("repeats") = 1,
        py::arg("chunks") = py::none(), py::arg("n_threads") = py::none());
  m.def("time_read", &time_read, py::arg("operator"), py::arg("repeats") = 1,
        py::arg("n_threads") = py::none());
}

}  // namespace ipgd::bindings
