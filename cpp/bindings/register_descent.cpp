#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include "array.hpp"
#include "host.hpp"
#include "ipgd/algorithms/descent.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

py::array history_column(const Column& column) {
  const auto records = static_cast<Index>(column.data.size()) / column.width;
  py::array_t<double> out = column.width == 1 && column.name != "singular_values"
                                ? new_array({records})
                                : new_array({records, column.width});
  std::copy(column.data.begin(), column.data.end(), out.mutable_data());
  return out;
}

// Calls back into Python between iterations.
class PythonObserver final : public Observer {
 public:
  // A user's callback may keep a view of the iterate, so the memory belongs to a Python object.
  PythonObserver(py::object callback, py::object progress, py::object owner)
      : callback_(std::move(callback)), progress_(std::move(progress)), owner_(std::move(owner)) {}

  Verdict on_record(const Snapshot& s) override {
    if (callback_.is_none()) return Verdict::go_on;
    const py::gil_scoped_acquire gil;
    try {
      callback_(s.iteration, s.point.loss, s.point.gradient_norm,
                view(s.theta, {s.objective.model().size()}, owner_));
    } catch (const py::error_already_set& error) {
      if (error.matches(PyExc_StopIteration)) return Verdict::stop;
      if (error.matches(PyExc_KeyboardInterrupt)) return Verdict::interrupt;
      throw;
    }
    return Verdict::go_on;
  }

  void on_iteration(const Snapshot& s) override {
    if (progress_.is_none()) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    const py::gil_scoped_acquire gil;
    progress_(s.iteration, s.point.loss);
  }

 private:
  py::object callback_, progress_, owner_;
  std::chrono::steady_clock::time_point last_{};
};

std::optional<Truth> admit_truth(const py::object& truth, const Parameterization& model) {
  if (truth.is_none()) return std::nullopt;
  const auto parts = truth.cast<std::tuple<InputArray, InputArray, InputArray>>();
  const auto matrix = [](const InputArray& a, const char* name, Index rows, Index cols) {
    return Matrix(ConstMatrixMap(read(a, name, {rows, cols}), rows, a.shape(1)));
  };
  return Truth{matrix(std::get<0>(parts), "truth", model.rows(), model.cols()),
               matrix(std::get<1>(parts), "left basis", model.rows(), -1),
               matrix(std::get<2>(parts), "right basis", model.cols(), -1)};
}

py::dict run(const Operator& op, const InputArray& y, const Parameterization& model,
             const Algorithm& algorithm, const InputArray& init, const py::object& truth,
             const std::vector<std::string>& record, Index record_every, Index n_singular_values,
             const py::object& callback, const py::object& progress, std::optional<int> n_threads) {
  const Objective objective(op, model, read(y, "y", {op.measurements()}));
  const double* start = read(init, "init", {model.size()});
  const std::optional<Truth> known = admit_truth(truth, model);
  Recorder recorder(record, record_every, n_singular_values, model, known.has_value());

  auto iterates = std::make_unique<Iterates>(model.size());
  std::copy_n(start, model.size(), iterates->current.data());
  Iterates& state = *iterates;
  const py::capsule owner(iterates.release(), [](void* p) { delete static_cast<Iterates*>(p); });

  PythonObserver observer(callback, progress, owner);
  SignalInterrupt interrupt;
  const Execution execution{thread_count(n_threads), &interrupt};
  const bool watched = !callback.is_none() || !progress.is_none();
  const Outcome outcome = [&] {
    const py::gil_scoped_release release;
    return descend({objective, algorithm, state, known ? &*known : nullptr, recorder,
                    watched ? &observer : nullptr},
                   execution);
  }();
  interrupt.absorb_keyboard_interrupt();

  py::dict history;
  history["iteration"] = py::array_t<std::int64_t>(
      static_cast<Index>(recorder.iterations().size()),
      reinterpret_cast<const std::int64_t*>(recorder.iterations().data()));
  for (const Column& column : recorder.columns())
    history[column.name.c_str()] = history_column(column);

  py::array_t<double> parameters = new_array({model.size()});
  std::copy_n(state.current.data(), model.size(), parameters.mutable_data());
  py::dict out;
  out["parameters"] = parameters;
  out["status"] = name(outcome.status);
  out["message"] = advice(outcome.status);
  out["success"] = success(outcome.status);
  out["nit"] = outcome.iteration;
  out["fun"] = outcome.loss;
  out["gradient_norm"] = outcome.gradient_norm;
  out["train_error"] = outcome.relative_residual;
  out["perturbations"] = outcome.perturbations;
  out["history"] = history;
  return out;
}

}  // namespace

void register_descent(py::module_& m) {
  m.def("recordable_quantities", &recordable_quantities);
  m.def("quantities_of_truth", &quantities_of_truth);
  m.def("descend", &run, py::arg("operator"), py::arg("y").noconvert(), py::arg("parameterization"),
        py::arg("algorithm"), py::arg("init").noconvert(), py::arg("truth"), py::arg("record"),
        py::arg("record_every"), py::arg("n_singular_values"), py::arg("callback"),
        py::arg("progress"), py::arg("n_threads"));
}

}  // namespace ipgd::bindings
