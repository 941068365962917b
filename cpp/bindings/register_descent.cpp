#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <deque>

#include "array.hpp"
#include "host.hpp"
#include "ipgd/algorithms/descent.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

py::array history_column(const Column& column) {
  const auto records = static_cast<Index>(column.data.size()) / column.width;
  py::array_t<double> out =
      column.width == 1 && column.name != "singular_values" && column.name != "coefficients"
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
    return heard([&] {
      callback_(s.iteration, s.point.loss, s.point.gradient_norm,
                view(s.theta, {s.objective.model().size()}, owner_));
    });
  }

  Verdict on_iteration(const Snapshot& s) override {
    if (progress_.is_none()) return Verdict::go_on;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) return Verdict::go_on;
    last_ = now;
    return heard([&] { progress_(s.iteration, s.point.loss); });
  }

 private:
  // What a call into Python says: StopIteration ends the run, KeyboardInterrupt interrupts it.
  template <class Call>
  static Verdict heard(const Call& call) {
    const py::gil_scoped_acquire gil;
    try {
      call();
    } catch (const py::error_already_set& error) {
      if (error.matches(PyExc_StopIteration)) return Verdict::stop;
      if (error.matches(PyExc_KeyboardInterrupt)) return Verdict::interrupt;
      throw;
    }
    return Verdict::go_on;
  }

  py::object callback_, progress_, owner_;
  std::chrono::steady_clock::time_point last_{};
};

std::optional<Truth> admit_truth(const py::handle& truth, const Parameterization& model) {
  if (truth.is_none()) return std::nullopt;
  // (Theta or its two factors, left basis, right basis, basis of functions)
  const auto parts = truth.cast<std::tuple<py::object, InputArray, InputArray, InputArray>>();
  const auto matrix = [](const InputArray& a, const char* name, Index rows, Index cols) {
    return Matrix(ConstMatrixMap(read(a, name, {rows, cols}), a.shape(0), a.shape(1)));
  };
  Truth admitted;
  if (py::isinstance<py::tuple>(std::get<0>(parts))) {
    const auto [L, R] = std::get<0>(parts).cast<std::tuple<InputArray, InputArray>>();
    admitted.left_factor = matrix(L, "truth", model.rows(), -1);
    admitted.right_factor = matrix(R, "truth", model.cols(), -1);
  } else {
    admitted.theta =
        matrix(std::get<0>(parts).cast<InputArray>(), "truth", model.rows(), model.cols());
  }
  admitted.left = matrix(std::get<1>(parts), "left basis", model.rows(), -1);
  admitted.right = matrix(std::get<2>(parts), "right basis", model.cols(), -1);
  if (std::get<3>(parts).shape(0) > 0)
    admitted.basis = matrix(std::get<3>(parts), "basis", -1, model.rows() * model.cols());
  return admitted;
}

py::array_t<double> numbers(const std::vector<double>& from) {
  py::array_t<double> out = new_array({static_cast<Index>(from.size())});
  std::copy(from.begin(), from.end(), out.mutable_data());
  return out;
}
std::vector<double> numbers(const py::handle& from, const char* name) {
  const auto array = from.cast<InputArray>();
  const double* const data = read(array, name, {-1});
  return {data, data + array.size()};
}

std::optional<RunState> admit_state(const py::object& given) {
  if (given.is_none()) return std::nullopt;
  const auto state = given.cast<py::dict>();
  return RunState{state["iteration"].cast<Index>(),    numbers(state["theta"], "theta"),
                  numbers(state["memory"], "memory"),  state["last_kick"].cast<Index>(),
                  state["anchor_loss"].cast<double>(), numbers(state["anchor"], "anchor"),
                  numbers(state["before"], "before"),  state["perturbations"].cast<Index>(),
                  state["perturbed"].cast<bool>()};
}

py::object hand_out(const std::optional<RunState>& state) {
  if (!state) return py::none();
  py::dict out;
  out["iteration"] = state->iteration;
  out["theta"] = numbers(state->theta);
  out["memory"] = numbers(state->memory);
  out["last_kick"] = state->last_kick;
  out["anchor_loss"] = state->anchor_loss;
  out["anchor"] = numbers(state->anchor);
  out["perturbations"] = state->perturbations;
  out["perturbed"] = state->perturbed;
  out["ahead"] = !state->before.empty();  // they are the parameters handed out beside it
  return out;
}

// A run as Python describes it, and everything that has to live as long as it does.
class PythonRun {
 public:
  PythonRun(const py::dict& spec, const py::object& progress)
      : op_(spec["operator"].cast<const Operator&>()),
        y_(spec["y"].cast<InputArray>()),
        model_(spec["parameterization"].cast<const Parameterization&>()),
        algorithm_(spec["algorithm"].cast<Algorithm>()),
        loss_(spec.contains("loss") ? spec["loss"].cast<const Loss*>() : nullptr),
        objective_(make_objective(spec["original"])),
        truth_(admit_truth(spec["truth"], model_)),
        recorder_(spec["record"].cast<std::vector<std::string>>(),
                  spec["record_every"].cast<Index>(), spec["n_singular_values"].cast<Index>(),
                  model_, truth_.has_value(), truth_ ? truth_->basis.rows() : 0),
        state_(admit_state(spec["state"])),
        iterates_(new Iterates(model_.size())),
        owner_(iterates_, [](void* p) { delete static_cast<Iterates*>(p); }),
        observer_(spec["callback"], progress, owner_),
        watched_(!spec["callback"].is_none() || !progress.is_none()) {
    const auto init = spec["init"].cast<InputArray>();
    std::copy_n(read(init, "init", {model_.size()}), model_.size(), iterates_->current.data());
  }
  PythonRun(const PythonRun&) = delete;
  PythonRun& operator=(const PythonRun&) = delete;

  RunInputs inputs() {
    return {objective_,
            algorithm_,
            *iterates_,
            truth_ ? &*truth_ : nullptr,
            recorder_,
            watched_ ? &observer_ : nullptr,
            state_ ? &*state_ : nullptr};
  }

  py::dict result(const Outcome& outcome) const {
    py::dict history;
    history["iteration"] = py::array_t<std::int64_t>(
        static_cast<Index>(recorder_.iterations().size()),
        reinterpret_cast<const std::int64_t*>(recorder_.iterations().data()));
    for (const Column& column : recorder_.columns())
      history[column.name.c_str()] = history_column(column);
    py::array_t<double> parameters = new_array({model_.size()});
    std::copy_n(iterates_->current.data(), model_.size(), parameters.mutable_data());
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
    out["state"] = hand_out(outcome.state);
    return out;
  }

 private:
  Objective make_objective(const py::object& original) const {
    const double* y = read(y_, "y", {op_.measurements()});
    if (original.is_none()) return {op_, model_, y, loss_};
    if (loss_ != nullptr)
      throw InvalidArgument("loss", "the squared loss where a Gram takes the place of A",
                            loss_->name());
    const auto [measurements, norm_y, rest] = original.cast<std::tuple<Index, double, double>>();
    return {op_, model_, y, {measurements, norm_y, rest}};
  }

  const Operator& op_;
  InputArray y_;
  const Parameterization& model_;
  Algorithm algorithm_;
  const Loss* loss_;  // null: squared
  Objective objective_;
  std::optional<Truth> truth_;
  Recorder recorder_;
  std::optional<RunState> state_;
  Iterates* iterates_;
  py::capsule owner_;
  PythonObserver observer_;
  bool watched_;
};

// (results, was there a Ctrl-C)
py::tuple run(const std::vector<py::dict>& specs, const py::object& progress,
              std::optional<int> n_threads) {
  std::deque<PythonRun> runs;
  std::vector<RunInputs> inputs;
  for (const py::dict& spec : specs) {
    // One bar for all: the first run drives it.
    runs.emplace_back(spec, runs.empty() ? progress : py::none());
    inputs.push_back(runs.back().inputs());
  }
  SignalInterrupt interrupt;
  const Execution execution{thread_count(n_threads), &interrupt};
  const std::vector<Outcome> outcomes = [&] {
    const py::gil_scoped_release release;
    return descend_batch(inputs, execution);
  }();
  py::list results;
  for (std::size_t k = 0; k < runs.size(); ++k) results.append(runs[k].result(outcomes[k]));
  return py::make_tuple(results, interrupt.absorb_keyboard_interrupt());
}

}  // namespace

void register_descent(py::module_& m) {
  m.def("recordable_quantities", &recordable_quantities);
  m.def("quantities_of_truth", &quantities_of_truth);
  m.def("descend", &run, py::arg("runs"), py::arg("progress"), py::arg("n_threads"));
}

}  // namespace ipgd::bindings
