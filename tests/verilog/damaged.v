// every kind of statement that the fast reader takes
module t(a, b, y, z);
  input [1:0] a;
  input b;
  output [1:0] y;
  output z;
  wire n1, \u1.n2 , _n7_, n3;
  wire [2:0] v;
  NAND2_X1 g1 (.A1(a[0]), .A2(b), .ZN(n1));
  NAND2_X1 g2 (.A1(n1), .A2(1'b1), .ZN(\u1.n2 ));
  NAND2_X1 \g.3  (.A1(\u1.n2 ), .A2(v[2]), .ZN(v[0]));
  FA_X1 f1 (.A(a[0]), .B(b), .CI(v[0]), .S(v[1]));
  FA_X1 f2 (.A(a[0]), .B(v[1]), .CI(v[0]), .S(n3));
  FA_X1 f3 (.A(a[0]), .B(b), .CI(a[1]), .S(v[2]), .CO(y[0]));
  assign _n7_ = ~(n3 & ~b);
  assign y[1] = _n7_ | b;
  assign z = ~n3;
endmodule
