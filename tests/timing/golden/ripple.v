// A ripple-carry adder of full and half adders, its carry into an exclusive or.
module ripple (a, b, s, odd);
  input [2:0] a, b;
  output [3:0] s;
  output odd;
  wire c0, c1;
  HA_X1 add0 (.A(a[0]), .B(b[0]), .S(s[0]), .CO(c0));
  FA_X1 add1 (.A(a[1]), .B(b[1]), .CI(c0), .S(s[1]), .CO(c1));
  FA_X1 add2 (.A(a[2]), .B(b[2]), .CI(c1), .S(s[2]), .CO(s[3]));
  XOR2_X1 parity (.A(s[3]), .B(s[0]), .Y(odd));
endmodule
