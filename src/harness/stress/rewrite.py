"""Rewrites test modules while they are imported, so that each operation can be recorded.

C types cannot be patched, but the tests that use them can: `f(a)` becomes
`__mc_call__(f, a)`, `a.f(b)` becomes `__mc_method__(a, "f")(b)`, `a[b]` becomes
`__mc_op__("getitem", a, b)`, and so on. The helpers do what the original did, in the
same order of evaluation, and tell a recorder. pytest's own assertion rewriting runs
afterwards on the same tree.

Left alone: what depends on the frame it is called from (super, locals, ...), names
that a class body would mangle, annotations, match patterns, chained comparisons, and
everything inside an f-string's format.
"""
import ast
import importlib.machinery
import os

PREFIX = "__mc_"
FRAME_DEPENDENT = {"super", "locals", "globals", "vars", "dir", "eval", "exec", "__import__", "breakpoint"}

_BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv",
           ast.Mod: "mod", ast.Pow: "pow", ast.LShift: "lshift", ast.RShift: "rshift", ast.BitOr: "or_",
           ast.BitXor: "xor", ast.BitAnd: "and_", ast.MatMult: "matmul"}
_COMPARE = {ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
            ast.In: "in", ast.NotIn: "not in"}
_UNARY = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}


def _mangled(name):
    return name.startswith("__") and not name.endswith("__")


class Transformer(ast.NodeTransformer):
    """One module's tree; generic_visit first, so inner operations are recorded too."""

    def _helper(self, name, node, *arguments, keywords=()):
        call = ast.Call(ast.Name(f"{PREFIX}{name}__", ast.Load()), list(arguments), list(keywords))
        return ast.copy_location(call, node)

    # -- left alone ------------------------------------------------------------

    def visit_AnnAssign(self, node):
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_arg(self, node):
        return node

    def visit_JoinedStr(self, node):
        return node

    def visit_match_case(self, node):
        if node.guard is not None:
            node.guard = self.visit(node.guard)
        node.body = [self.visit(one) for one in node.body]
        return node

    def _function(self, node):
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.args.defaults = [self.visit(one) for one in node.args.defaults]
        node.args.kw_defaults = [self.visit(one) if one else None for one in node.args.kw_defaults]
        node.body = [self.visit(one) for one in node.body]
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = _function

    def visit_ClassDef(self, node):
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.body = [self.visit(one) for one in node.body]
        return node

    # -- expressions -----------------------------------------------------------

    def visit_Call(self, node):
        if isinstance(node.func, ast.Name) and node.func.id in FRAME_DEPENDENT:
            node.args = [self.visit(one) for one in node.args]
            return node
        function = node.func
        if isinstance(function, ast.Attribute):  # the look-up of a method is part of the call
            function.value = self.visit(function.value)
        else:
            node.func = self.visit(function)
        node.args = [self.visit(one) for one in node.args]
        node.keywords = [self.visit(one) for one in node.keywords]
        if isinstance(function, ast.Attribute) and not _mangled(function.attr):
            node.func = self._helper("method", function, function.value, ast.Constant(function.attr))
            return node
        return self._helper("call", node, node.func, *node.args, keywords=node.keywords)

    def visit_BinOp(self, node):
        self.generic_visit(node)
        return self._helper("op", node, ast.Constant(_BINARY[type(node.op)]), node.left, node.right)

    def visit_UnaryOp(self, node):
        self.generic_visit(node)
        if type(node.op) not in _UNARY or isinstance(node.operand, ast.Constant):
            return node
        return self._helper("op", node, ast.Constant(_UNARY[type(node.op)]), node.operand)

    def visit_Compare(self, node):
        self.generic_visit(node)
        if len(node.ops) != 1 or type(node.ops[0]) not in _COMPARE:
            return node
        return self._helper("op", node, ast.Constant(_COMPARE[type(node.ops[0])]), node.left, node.comparators[0])

    def _index(self, node):
        """A subscript's index as an expression: `a:b` is slice(a, b, None)."""
        if isinstance(node, ast.Slice):
            parts = [part or ast.Constant(None) for part in (node.lower, node.upper, node.step)]
            return ast.copy_location(ast.Call(ast.Name(f"{PREFIX}slice__", ast.Load()), parts, []), node)
        if isinstance(node, ast.Tuple):
            node.elts = [self._index(one) for one in node.elts]
        return node

    def visit_Subscript(self, node):
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load):
            return node
        return self._helper("op", node, ast.Constant("getitem"), node.value, self._index(node.slice))

    def visit_Attribute(self, node):
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or _mangled(node.attr):
            return node
        return self._helper("get", node, node.value, ast.Constant(node.attr))

    def visit_Await(self, node):
        self.generic_visit(node)
        node.value = self._helper("await", node.value, node.value)
        return node

    def _comprehension(self, node):
        self.generic_visit(node)
        for part in node.generators:
            part.iter = self._helper("aiter" if part.is_async else "iter", part.iter, part.iter)
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    # -- statements ------------------------------------------------------------

    def visit_For(self, node):
        self.generic_visit(node)
        node.iter = self._helper("iter", node.iter, node.iter)
        return node

    def visit_AsyncFor(self, node):
        self.generic_visit(node)
        node.iter = self._helper("aiter", node.iter, node.iter)
        return node

    def _with(self, name, node):
        self.generic_visit(node)
        for item in node.items:
            item.context_expr = self._helper(name, item.context_expr, item.context_expr)
        return node

    def visit_With(self, node):
        return self._with("with", node)

    def visit_AsyncWith(self, node):
        return self._with("awith", node)

    def visit_Assign(self, node):
        node.value = self.visit(node.value)
        node.targets = [self.visit(one) for one in node.targets]
        if len(node.targets) != 1:
            return node
        target = node.targets[0]
        if isinstance(target, ast.Subscript):
            call = self._helper("store", node, ast.Constant("setitem"), node.value, target.value, self._index(target.slice))
        elif isinstance(target, ast.Attribute) and not _mangled(target.attr):
            call = self._helper("store", node, ast.Constant("setattr"), node.value, target.value, ast.Constant(target.attr))
        else:
            return node
        return ast.copy_location(ast.Expr(call), node)

    def visit_Delete(self, node):
        self.generic_visit(node)
        target = node.targets[0]
        if len(node.targets) != 1 or not isinstance(target, ast.Subscript):
            return node
        call = self._helper("op", node, ast.Constant("delitem"), target.value, self._index(target.slice))
        return ast.copy_location(ast.Expr(call), node)

    def visit_AugAssign(self, node):
        node.value = self.visit(node.value)
        if not isinstance(node.target, ast.Name):
            return node
        read = ast.copy_location(ast.Name(node.target.id, ast.Load()), node)
        call = self._helper("op", node, ast.Constant("i" + _BINARY[type(node.op)].rstrip("_")), read, node.value)
        return ast.copy_location(ast.Assign([node.target], call), node)


def transform(tree):
    """The tree with every operation told; ValueError and RecursionError leave it as it was."""
    return ast.fix_missing_locations(Transformer().visit(tree))


class Hook:
    """Rewrites test code at import; `is_test(path)` says which files are test code."""

    def __init__(self, is_test):
        self._is_test = is_test
        self._undo = []

    def _replace(self, owner, name, value):
        self._undo.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    def install(self):
        self._hook_imports()
        self._hook_pytest()

    def remove(self):
        while self._undo:
            owner, name, value = self._undo.pop()
            setattr(owner, name, value)

    def _hook_imports(self):
        loader = importlib.machinery.SourceFileLoader
        original = loader.get_code

        def get_code(this, fullname):
            path = this.get_filename(fullname)
            if not self._is_test(os.path.abspath(path)):
                return original(this, fullname)
            try:
                tree = transform(ast.parse(this.get_data(path), path))
                return compile(tree, path, "exec", dont_inherit=True)
            except (ValueError, RecursionError, OSError):
                return original(this, fullname)

        self._replace(loader, "get_code", get_code)

    def _hook_pytest(self):
        """pytest compiles test modules itself, and keeps what it compiled in files."""
        try:
            from _pytest.assertion import rewrite
        except ImportError:
            return
        original = rewrite.rewrite_asserts

        def rewrite_asserts(tree, source, module_path=None, config=None):
            if module_path is None or self._is_test(os.path.abspath(module_path)):
                try:
                    transform(tree)
                except (ValueError, RecursionError):
                    pass
            return original(tree, source, module_path, config)

        self._replace(rewrite, "rewrite_asserts", rewrite_asserts)
        if hasattr(rewrite, "_read_pyc"):
            self._replace(rewrite, "_read_pyc", lambda *rest, **more: None)
        if hasattr(rewrite, "_write_pyc"):
            self._replace(rewrite, "_write_pyc", lambda *rest, **more: False)
