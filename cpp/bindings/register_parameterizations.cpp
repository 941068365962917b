#include <pybind11/stl.h>

#include "array.hpp"
#include "ipgd/parameterizations/asymmetric_factor.hpp"
#include "ipgd/parameterizations/symmetric_factor.hpp"
#include "register.hpp"

namespace ipgd::bindings {
namespace {

py::array_t<double> assembled(const Parameterization& model, const InputArray& theta) {
  const double* x = read(theta, "theta", {model.size()});
  py::array_t<double> out = new_array({model.rows(), model.cols()});
  double* to = out.mutable_data();
  const py::gil_scoped_release release;
  Buffer<double> scratch(model.scratch_size());
  assemble(model.view(x, scratch.data(), {}), to);
  return out;
}

std::vector<std::tuple<std::string, Index, Index>> blocks(const Parameterization& model) {
  std::vector<std::tuple<std::string, Index, Index>> out;
  for (const Block& block : model.blocks()) out.emplace_back(block.name, block.rows, block.cols);
  return out;
}

}  // namespace

void register_parameterizations(py::module_& m) {
  py::class_<Parameterization>(m, "Parameterization")
      .def_property_readonly("name", &Parameterization::name)
      .def_property_readonly("rows", &Parameterization::rows)
      .def_property_readonly("cols", &Parameterization::cols)
      .def_property_readonly("size", &Parameterization::size)
      .def_property_readonly("loss_constant", &Parameterization::loss_constant)
      .def("blocks", &blocks)
      .def("check", &Parameterization::check, py::arg("operator"))
      .def("assemble", &assembled, py::arg("theta").noconvert());
  py::class_<SymmetricFactor, Parameterization>(m, "SymmetricFactor")
      .def(py::init<Index, Index>(), py::arg("dimension"), py::arg("search_rank"));
  py::class_<AsymmetricFactor, Parameterization>(m, "AsymmetricFactor")
      .def(py::init<Index, Index, Index>(), py::arg("rows"), py::arg("cols"),
           py::arg("search_rank"));
}

}  // namespace ipgd::bindings
